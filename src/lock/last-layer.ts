import { ModelLockError } from '../base/error.ts';
import type { ModelCheckpoint } from '../bundle/checkpoint.ts';

/** Throws `unsupported` for a model whose last layer cannot be replaced. */
export function requireReplaceable({
  network,
  weightsPath,
}: Pick<ModelCheckpoint, 'network' | 'weightsPath'>): void {
  if (network.fixedHead === undefined) return;
  throw new ModelLockError(
    'unsupported',
    `${weightsPath} cannot get a last layer for the classes of the data: ${network.fixedHead}`,
    { valid: ['predict', 'evaluate'] },
  );
}
