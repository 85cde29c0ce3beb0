import { readBytesIfAny, writeAtomic } from '../platform/files.ts';
import type { CheckpointStore } from './fit.ts';

/** Keeps a training's checkpoints in one file, replaced at once by the next. */
export function checkpointFile(where: string): CheckpointStore {
  return {
    where,
    load: () => readBytesIfAny(where),
    save: (parts) => writeAtomic(where, parts),
  };
}
