import { requireEntry } from '../base/registry.ts';
import type { RawConfig } from '../nn/config.ts';
import { isSegmenter } from '../nn/models/segmenters.ts';
import { classification } from './classification.ts';
import { multiLabel } from './multi-label.ts';
import { segmentation } from './segmentation.ts';
import { taskNames, type AnyTaskName, type Task, type TaskName } from './task.ts';

const tasks = {
  classification,
  'multi-label': multiLabel,
  segmentation,
} as const satisfies Record<TaskName, Task<unknown>>;

/** A task by its name; whoever holds one need not know what its labels are. */
export const taskNamed = (name: TaskName = 'classification'): Task<unknown> =>
  requireEntry<Task<unknown>>(tasks, name, 'usage', `no task about pictures is called "${name}"`);

/** The names of the tasks that something is true of. */
export const tasksThat = (has: (task: Task<unknown>) => boolean): TaskName[] =>
  taskNames.filter((name) => has(tasks[name]));

/** How transformers calls a classifier with any number of classes for each picture. */
const severalClasses = 'multi_label_classification';

/** What a model was trained for, by its configuration. */
export function taskOf(config: RawConfig): TaskName {
  if (isSegmenter(config)) return 'segmentation';
  return config['problem_type'] === severalClasses ? 'multi-label' : 'classification';
}

/** The configuration of a classifier, as one for a task. */
export const forTask = (config: RawConfig, task: AnyTaskName): RawConfig =>
  task === 'multi-label' ? { ...config, problem_type: severalClasses } : config;
