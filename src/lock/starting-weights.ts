import type { Random } from '../base/random/random.ts';
import { requireWeights } from '../formats/weights.ts';
import type { Network } from '../nn/models/network.ts';
import { initialise, type Declarations } from '../nn/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What training starts from. */
export interface StartingPoint {
  readonly checkpoint: {
    readonly weights: ReadonlyMap<string, Tensor>;
    readonly weightsPath: string;
  };
  readonly declared: Pick<Declarations, 'parameters' | 'buffers'>;
  /** Says which parameters are those of the last layer, and which a bare checkpoint may lack. */
  readonly network: Pick<Network, 'isHead' | 'isAddition'>;
  /** Whether the checkpoint's last layer stays. Default: false. */
  readonly keepsHead?: boolean;
  readonly random: Random;
}

/**
 * The checkpoint's weights by name; new are the last layer unless it stays, additions that the
 * checkpoint lacks, and all of them where it has none. Throws `corrupt` for one that lacks some.
 */
export function startingWeights(start: StartingPoint): Map<string, Tensor> {
  const { checkpoint, declared, network, keepsHead = false, random } = start;
  const { isHead, isAddition } = network;
  const { weights, weightsPath } = checkpoint;
  const lacksAdditions = ![...weights.keys()].some(isAddition);
  const isFresh = (name: string): boolean =>
    weights.size === 0 || (isHead(name) && !keepsHead) || (isAddition(name) && lacksAdditions);
  const [kept, fresh] = [false, true].map((wanted) => ({
    parameters: only(declared.parameters, (name) => isFresh(name) === wanted),
    buffers: only(declared.buffers, (name) => isFresh(name) === wanted),
  }));
  const names = [...kept.parameters.keys(), ...kept.buffers.keys()];
  requireWeights(weights, new Map([...kept.parameters, ...kept.buffers]), weightsPath);
  return new Map([
    ...names.map((name) => [name, weights.get(name)!] as const),
    ...initialise(fresh, random),
  ]);
}

const only = <T>(all: ReadonlyMap<string, T>, is: (name: string) => boolean): Map<string, T> =>
  new Map([...all].filter(([name]) => is(name)));
