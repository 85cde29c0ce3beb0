import { ModelLockError } from '../base/error.ts';
import type { ModelCheckpoint } from '../bundle/checkpoint.ts';
import { input } from '../graph/value.ts';
import type { Network } from '../nn/models/network.ts';
import { Scope } from '../nn/scope.ts';
import { frozenBy } from '../train/freeze.ts';
import { layerDecay } from '../train/layer-decay.ts';
import type { ParameterOptions } from '../train/optimiser.ts';
import { requireRanges, type FineTuning } from './tuning.ts';

/** Which parameters of a network a tuning leaves as they are. Throws `usage`, see `frozenBy`. */
export function frozenParameters(
  { network, preprocessor }: Pick<ModelCheckpoint, 'network' | 'preprocessor'>,
  { freeze }: Pick<FineTuning, 'freeze'>,
): (name: string) => boolean {
  if (freeze === undefined) return () => false;
  const { height, width } = preprocessor.size;
  const scope = Scope.root();
  network.build(scope, input('x', 'float32', [1, network.channels, height, width]));
  const names = [...scope.declared.parameters.keys()];
  return frozenBy(freeze, { names, isHead: network.isHead });
}

/** How a step treats each parameter of a network. */
export function parameterOptions(
  {
    isHead,
    isAddition,
    isEmbedding,
    layers,
  }: Pick<Network, 'isHead' | 'isAddition' | 'isEmbedding' | 'layers'>,
  tuning: FineTuning,
  isFrozen: (name: string) => boolean,
): (name: string, shape: readonly number[]) => ParameterOptions {
  const { headFactor, decayEmbeddings = true } = tuning;
  const byDepth =
    tuning.layerDecay === undefined ? (): number => 1 : layerDecay(layers, tuning.layerDecay);
  const decays = (name: string, shape: readonly number[]): boolean =>
    shape.length >= 2 && (decayEmbeddings || !isEmbedding(name));
  return (name, shape) =>
    isFrozen(name)
      ? { learningRate: 0 }
      : {
          learningRate: (isHead(name) || isAddition(name) ? headFactor : 1) * byDepth(name),
          ...(decays(name, shape) ? {} : { weightDecay: 0 }),
        };
}

/** A tuning that can be done to a network. Throws `usage` before anything long has begun. */
export function checkedTuning(tuning: FineTuning, base: ModelCheckpoint): FineTuning {
  requireTuning(tuning);
  frozenParameters(base, tuning);
  return tuning;
}

/** Throws `usage` for a tuning that can be done to no network. */
export function requireTuning(tuning: FineTuning): void {
  requireRanges(tuning);
  requireEqualParts(tuning);
  const { epochs, warmup } = tuning;
  if (typeof warmup === 'number' || warmup.epochs < epochs) return;
  throw new ModelLockError(
    'usage',
    `the learning rate would rise for ${warmup.epochs} epochs of ${epochs}`,
    { valid: [`more than ${warmup.epochs} epochs`] },
  );
}

function requireEqualParts({ batch, accumulate = 1 }: FineTuning): void {
  if (batch % accumulate === 0) return;
  const divisors = Array.from({ length: batch }, (_, i) => i + 1).filter((n) => batch % n === 0);
  throw new ModelLockError(
    'usage',
    `${batch} pictures of a step cannot be run in ${accumulate} equal parts`,
    { valid: divisors.map(String) },
  );
}
