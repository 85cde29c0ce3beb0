import { ModelLockError } from '../../base/error.ts';
import { TorchTensor } from './torch-host.ts';

/**
 * Keys under which trainers keep weights beside other things, in the order in which they are looked
 * for: what was trained before its running average.
 */
const wrappers = [
  'state_dict',
  'model_state_dict',
  'model',
  'module',
  'net',
  'network',
  'params',
  'state_dict_ema',
  'model_ema',
  'ema',
  'params_ema',
] as const;

/** Prefixes that wrappers around a module leave: DataParallel and torch.compile. */
const prefixes = ['module.', '_orig_mod.'];

const maxWrappers = 8;

export type Scalar = number | string | boolean;

export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Plain values that stand beside the weights, such as `epoch` and `global_step`. */
  readonly scalars: ReadonlyMap<string, Scalar>;
}

/**
 * The named tensors of what a torch file holds: those of a dict, or of the dict below the first of
 * the wrappers that has one. Whatever else stands there is left out.
 *
 * Throws `data` where there are none.
 */
export function stateDictOf(value: unknown, where: string): StateDict {
  const scalars = new Map<string, Scalar>();
  let dict = value;
  for (let depth = 0; depth < maxWrappers && dict instanceof Map; depth++) {
    for (const [name, item] of dict) {
      if (typeof name === 'string' && isScalar(item) && !scalars.has(name)) scalars.set(name, item);
    }
    const inner = wrappers.map((name) => (dict as Map<unknown, unknown>).get(name));
    const next = inner.find((item) => item instanceof Map && item.size > 0);
    if (next === undefined) break;
    dict = next;
  }
  const tensors = dict instanceof Map ? tensorsOf(dict) : new Map<string, TorchTensor>();
  if (tensors.size > 0) return { tensors: withoutPrefixes(tensors), scalars };
  const found =
    dict instanceof Map ? [...dict.keys()].filter((key) => typeof key === 'string') : [];
  throw new ModelLockError(
    'data',
    `${where} has no named tensors${found.length > 0 ? `; it has ${listed(found)}` : ''}`,
    { valid: ['a state_dict', `a state_dict below ${wrappers.join(' or ')}`] },
  );
}

function tensorsOf(dict: ReadonlyMap<unknown, unknown>): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [name, item] of dict) {
    if (typeof name === 'string' && item instanceof TorchTensor) tensors.set(name, item);
  }
  return tensors;
}

/** A prefix that all names have is a wrapper's. */
function withoutPrefixes(
  tensors: ReadonlyMap<string, TorchTensor>,
): ReadonlyMap<string, TorchTensor> {
  const names = [...tensors.keys()];
  const prefix = prefixes.find((start) => names.every((name) => name.startsWith(start)));
  if (prefix === undefined) return tensors;
  return withoutPrefixes(
    new Map([...tensors].map(([name, item]) => [name.slice(prefix.length), item])),
  );
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return names.length > shown.length ? `${shown.join(', ')} and more` : shown.join(', ');
}
