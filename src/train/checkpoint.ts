import { ModelLockError } from '../base/error.ts';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.ts';
import type { Trainer } from './trainer.ts';

/** A trainer's snapshot as the bytes of a safetensors file. */
export function encodeCheckpoint(trainer: Trainer): Uint8Array {
  const { steps, tensors } = trainer.snapshot();
  return encodeSafetensors(tensors, { steps: String(steps) });
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
