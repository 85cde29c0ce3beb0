import { Memory } from '../data/memory.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import type { Sample } from '../data/sample.ts';
import type { Task } from '../tasks/task.ts';

/** Labels as the model sees them. Masks are files: they are read and resized once, not each epoch. */
export function fittedLabels<Label>(
  task: Task<Label>,
  preprocessor: Preprocessor,
): (sample: Sample<Label>) => Promise<Label> {
  const memory = new Memory<Label>(
    (label) => task.bytesOf(label),
    (label) => label,
  );
  return (sample) =>
    memory.get(sample.path, async () => task.fit(await sample.label(), preprocessor));
}
