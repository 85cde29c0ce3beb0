import { ModelLockError } from '../../base/error.ts';
import type { StoredTensors } from '../../formats/stored-tensor.ts';
import { input } from '../../graph/value.ts';
import { classifierFrom } from '../models/registry.ts';
import { Scope } from '../scope.ts';
import type { BareLayout, BareModel, BareOptions } from './bare-model.ts';
import { bareCifarResnet, bareResnet } from './resnet.ts';
import { bareVit } from './vit.ts';

const layouts: readonly BareLayout[] = [bareVit, bareResnet, bareCifarResnet];

/**
 * The classifier that weights are of, by their names and shapes; no weight is read but what it
 * takes to tell. Throws `unsupported` for weights of other models, and of relatives that compute
 * something else; `usage` for options that these weights do not leave open.
 */
export async function readBare(
  stored: StoredTensors,
  options: BareOptions,
  where: string,
): Promise<BareModel & { readonly layout: string }> {
  const found = layoutOf(stored);
  if (!found) {
    const names = [...stored.keys()].slice(0, 3).map((name) => `"${name}"`);
    throw new ModelLockError(
      'unsupported',
      `${where}: weights that begin with ${names.join(', ')} are of no model that is known here`,
      { valid: layouts.map(({ name }) => name) },
    );
  }
  const { layout, tensors, prefix } = found;
  const given = (Object.keys(options) as (keyof BareOptions)[]).filter(
    (key) => options[key] !== undefined,
  );
  const unknown = given.find((key) => !layout.open.includes(key));
  if (unknown) {
    throw new ModelLockError(
      'usage',
      `${where} is ${layout.name}, which leaves no "${unknown}" open`,
      {
        valid: layout.open,
      },
    );
  }
  const model = await layout.read(tensors, options, where);
  requireSame(model, layout.name, where);
  const assumed = prefix === '' ? [] : [`names without their prefix "${prefix}"`];
  return { ...model, assumed: [...assumed, ...model.assumed], layout: layout.name };
}

interface Found {
  readonly layout: BareLayout;
  /** Under the names that the layout has. */
  readonly tensors: StoredTensors;
  /** What was before those names. */
  readonly prefix: string;
}

/** So many wrappers lie around a model at most. */
const mostWrappers = 4;

/**
 * The layout of some weights. Where their names are of none, they may be those of a module that has
 * the model below a name of its own, as Lightning's and DataParallel's do.
 */
function layoutOf(stored: StoredTensors): Found | undefined {
  let [tensors, prefix] = [stored, ''];
  for (let i = 0; i <= mostWrappers; i++) {
    const layout = layouts.find(({ fits }) => fits(tensors));
    if (layout) return { layout, tensors, prefix };
    const [wrapper] = /^[^.]+\./.exec([...tensors.keys()][0] ?? '') ?? [];
    if (wrapper === undefined) return undefined;
    if (![...tensors.keys()].every((name) => name.startsWith(wrapper))) return undefined;
    tensors = new Map([...tensors].map(([name, t]) => [name.slice(wrapper.length), t]));
    prefix += wrapper;
  }
  return undefined;
}

/** Throws `unsupported` where the classifier does not use each weight, and as it is. */
function requireSame(
  { config, tensors, preparation }: BareModel,
  name: string,
  where: string,
): void {
  const classifier = classifierFrom(config, where);
  const { height, width } = preparation;
  const scope = Scope.root();
  classifier.build(scope, input('x', 'float32', [1, classifier.channels, height, width]));
  const declared = new Map([...scope.declared.parameters, ...scope.declared.buffers]);
  const problem = firstDifference(tensors, declared, classifier.isHead);
  if (problem === undefined) return;
  throw new ModelLockError('unsupported', `${where} looks like ${name}, but ${problem}`);
}

type Shapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

function firstDifference(
  tensors: Shapes,
  declared: Shapes,
  isHead: (name: string) => boolean,
): string | undefined {
  for (const name of tensors.keys()) {
    if (!declared.has(name)) return `there is a tensor "${name}" that such a model does not have`;
  }
  for (const [name, { shape }] of declared) {
    const found = tensors.get(name);
    if (!found && !isHead(name)) return `there is no tensor "${name}"`;
    if (found && found.shape.join() !== shape.join()) {
      return `tensor "${name}" has shape [${found.shape.join(', ')}], not [${shape.join(', ')}]`;
    }
  }
  return undefined;
}
