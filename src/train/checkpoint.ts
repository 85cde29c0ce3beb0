import { ModelLockError } from '../base/error.ts';
import { decodeSafetensors, safetensorsParts } from '../formats/safetensors.ts';
import type { Trainer } from './trainer.ts';

/**
 * A trainer's snapshot as the bytes of a safetensors file, in parts that follow one another: views
 * of the trainer's tensors, valid until its next step. A copy of them all could double its memory.
 */
export function encodeCheckpoint(trainer: Trainer): readonly Uint8Array[] {
  const { steps, tensors } = trainer.snapshot();
  return safetensorsParts(tensors, { steps: String(steps) });
}

/** Sets a trainer to a checkpoint. Throws `corrupt`, naming `where`. */
export function restoreCheckpoint(trainer: Trainer, bytes: Uint8Array, where: string): void {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const steps = Number(metadata['steps']);
  if (!Number.isSafeInteger(steps) || steps < 0) {
    throw new ModelLockError('corrupt', `${where} is no training checkpoint`);
  }
  trainer.restore({ steps, tensors }, where);
}
