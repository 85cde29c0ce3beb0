import { ModelLockError } from '../../base/error.ts';
import type { LowRankUpdate } from '../../formats/adapted-weight.ts';
import type { StoredTensor } from '../../formats/stored-tensor.ts';
import { reshaped } from '../../formats/stored-views.ts';
import type { TensorFile } from '../../formats/tensor-file.ts';
import { sizeOf, toNumbers } from '../../tensor/tensor.ts';
import { toFloat32 } from '../../tensor/convert.ts';
import { adapterScales } from './adapter-metadata.ts';
import { parseLoraKey, type LoraComponent } from './keys.ts';
import { LoraLayers } from './layers.ts';

/**
 * What a LoRA (arXiv 2106.09685) adds to a parameter W [out, ...]: `scale * (up @ down)`, in W's shape,
 * with `down` [r, the rest of W] and `up` [out, r]. A convolution's kernel is part of `down`.
 */
export interface LoraUpdate extends LowRankUpdate {
  readonly parameter: string;
}

/** Names and shapes of a component's parameters, as diffusers has them. */
type Parameters = ReadonlyMap<string, { readonly shape: readonly (number | string)[] }>;

/** The parts of a pipeline that a LoRA file changes. Throws `unsupported` for names of other formats. */
export function loraComponents({ tensors }: TensorFile, where: string): Set<LoraComponent> {
  return new Set([...tensors.keys()].map((name) => parseLoraKey(name, where).component));
}

/**
 * The updates of one component in a LoRA file: of kohya's trainers, of peft, or of diffusers of any
 * time. None of them is read but for `alpha`.
 *
 * @param where the file, for messages.
 *
 * Throws `unsupported` for names of other formats and for layers that the component has not, `corrupt`
 * for factors that are missing, and `shape` for those that do not fit their parameter.
 */
export async function loraUpdates(
  file: TensorFile,
  component: LoraComponent,
  parameters: Parameters,
  where: string,
): Promise<LoraUpdate[]> {
  const factors = factorsByParameter(file, component, parameters, where);
  const scaleOf = adapterScales(file, component, where);
  const updates: LoraUpdate[] = [];
  for (const [parameter, { down, up, alpha }] of factors) {
    if (!down || !up) {
      const missing = down ? 'up' : 'down';
      throw new ModelLockError('corrupt', `${where} has no factor "${missing}" for "${parameter}"`);
    }
    const matrices = asMatrices(down, up, parameters.get(parameter)!.shape, (what) => {
      throw new ModelLockError('shape', `${where}: ${what}, which does not fit "${parameter}"`);
    });
    const rank = matrices.down.shape[0];
    const scale = alpha
      ? (await readNumber(alpha, `${where}: alpha of "${parameter}"`)) / rank
      : scaleOf(parameter.replace(/\.weight$/, ''), rank);
    updates.push({ parameter, ...matrices, scale });
  }
  return updates;
}

type Factors = Partial<Record<'down' | 'up' | 'alpha', StoredTensor>>;

function factorsByParameter(
  { tensors }: TensorFile,
  component: LoraComponent,
  parameters: Parameters,
  where: string,
): Map<string, Factors> {
  const layers = new LoraLayers(parameters.keys());
  const factors = new Map<string, Factors>();
  const unknown = new Set<string>();
  for (const [name, tensor] of tensors) {
    const key = parseLoraKey(name, where);
    if (key.component !== component) continue;
    const parameter = layers.parameterOf(key.layer);
    if (parameter === undefined) {
      unknown.add(key.layer);
      continue;
    }
    const known = factors.get(parameter) ?? {};
    if (known[key.role]) {
      throw new ModelLockError(
        'corrupt',
        `${where} has two factors "${key.role}" for "${parameter}"`,
      );
    }
    factors.set(parameter, { ...known, [key.role]: tensor });
  }
  if (unknown.size > 0) throw unknownLayers([...unknown], component, where);
  return factors;
}

/** Of how many names an error tells. */
const shown = 3;

function unknownLayers(
  layers: readonly string[],
  component: LoraComponent,
  where: string,
): ModelLockError {
  const names = layers.slice(0, shown).map((layer) => `"${layer}"`);
  const more = layers.length > shown ? ` and ${layers.length - shown} more` : '';
  return new ModelLockError(
    'unsupported',
    `${where} changes layers that the ${component} has not: ${names.join(', ')}${more}; it may be made for another model`,
  );
}

/** Factors of a linear layer may be kept as 1x1 convolutions, and the other way round. */
function asMatrices(
  down: StoredTensor,
  up: StoredTensor,
  shape: readonly (number | string)[],
  fail: (what: string) => never,
): { readonly down: StoredTensor; readonly up: StoredTensor } {
  const [out, ...rest] = shape.map(Number);
  const [rank = 0] = down.shape;
  const columns = sizeOf(rest);
  const downRest = down.shape
    .slice(1)
    .join('x')
    .replace(/(x1)+$/, '');
  if (rank === 0 || downRest !== rest.join('x').replace(/(x1)+$/, '')) {
    return fail(`its factor "down" has shape [${down.shape.join(', ')}]`);
  }
  if (up.shape[0] !== out || up.shape[1] !== rank || sizeOf(up.shape) !== out * rank) {
    return fail(`its factor "up" has shape [${up.shape.join(', ')}], its rank is ${rank}`);
  }
  return { down: reshaped(down, [rank, columns]), up: reshaped(up, [out, rank]) };
}

async function readNumber(stored: StoredTensor, where: string): Promise<number> {
  const size = sizeOf(stored.shape);
  const [value] = size === 1 ? toNumbers(toFloat32(await stored.read())) : [];
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new ModelLockError('corrupt', `${where} is no number`);
}
