import { ModelLockError } from '../../base/error.ts';
import { groupBy } from '../../base/group-by.ts';
import type { LowRankUpdate } from '../../formats/adapted-weight.ts';
import type { StoredTensors } from '../../formats/stored-tensor.ts';
import { openTensorFile, type TensorFile } from '../../formats/tensor-file.ts';
import type { LoraComponent } from './keys.ts';
import { loraComponents, loraUpdates, type LoraUpdate } from './lora.ts';

/** A LoRA file, and a factor on what it adds. */
export interface LoraReference {
  readonly path: string;
  /** 1: as it was trained. */
  readonly weight: number;
}

export interface OpenedLora extends LoraReference {
  readonly file: TensorFile;
}

/**
 * Opens LoRA files for a pipeline with these parts. Throws `unsupported` for one that changes another
 * part, and what the reading of the files throws.
 */
export async function openLoras(
  references: readonly LoraReference[],
  parts: readonly LoraComponent[],
): Promise<OpenedLora[]> {
  const opened: OpenedLora[] = [];
  for (const reference of references) {
    const file = await openTensorFile(reference.path);
    const other = [...loraComponents(file, reference.path)].find((part) => !parts.includes(part));
    if (other) {
      throw new ModelLockError('unsupported', `${reference.path} changes the ${other}`, {
        valid: parts,
      });
    }
    opened.push({ ...reference, file });
  }
  return opened;
}

/** What all of them add to a part, by parameter. */
export async function updatesOf(
  loras: readonly OpenedLora[],
  part: LoraComponent,
  weights: StoredTensors,
): Promise<ReadonlyMap<string, readonly LowRankUpdate[]>> {
  const all: LoraUpdate[] = [];
  for (const { file, path, weight } of loras) {
    const updates = await loraUpdates(file, part, weights, path);
    all.push(...updates.map((update) => ({ ...update, scale: weight * update.scale })));
  }
  return groupBy(all, ({ parameter }) => parameter);
}
