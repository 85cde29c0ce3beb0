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

export type Scalar = number | string | boolean;

export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Plain values that stand beside the weights, such as `epoch` and `global_step`. */
  readonly scalars: ReadonlyMap<string, Scalar>;
}

/**
 * The named tensors of what a torch file holds: those of a dict, or of the dict below the first of
 * the wrappers that leads to some. Whatever else stands there is left out.
 *
 * Throws `data` where there are none.
 */
export function stateDictOf(value: unknown, where: string): StateDict {
  const path = value instanceof Map ? pathToTensors(value, new Set()) : undefined;
  if (path) {
    const scalars = new Map<string, Scalar>();
    for (const [name, item] of path.toReversed().flatMap((dict) => [...dict])) {
      if (typeof name === 'string' && isScalar(item)) scalars.set(name, item);
    }
    return { tensors: tensorsOf(path.at(-1)!), scalars };
  }
  const names =
    value instanceof Map ? [...value.keys()].filter((key) => typeof key === 'string') : [];
  throw new ModelLockError(
    'data',
    `${where} has no named tensors${names.length > 0 ? `; it has ${listed(names)}` : ''}`,
    { valid: ['a state_dict', `a state_dict below ${wrappers.join(' or ')}`] },
  );
}

type Dict = ReadonlyMap<unknown, unknown>;

/** So many dicts are looked into: a pickle can nest them without end, and put one into itself. */
const mostDicts = 100;

/** The dicts from the outermost to one that has tensors. */
function pathToTensors(dict: Dict, seen: Set<Dict>): Dict[] | undefined {
  if (seen.size === mostDicts) return undefined;
  seen.add(dict);
  for (const name of wrappers) {
    const inner = dict.get(name);
    const path = inner instanceof Map && !seen.has(inner) && pathToTensors(inner, seen);
    if (path) return [dict, ...path];
  }
  return tensorsOf(dict).size > 0 ? [dict] : undefined;
}

function tensorsOf(dict: Dict): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [name, item] of dict) {
    if (typeof name === 'string' && item instanceof TorchTensor) tensors.set(name, item);
  }
  return tensors;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return names.length > shown.length ? `${shown.join(', ')} and more` : shown.join(', ');
}
