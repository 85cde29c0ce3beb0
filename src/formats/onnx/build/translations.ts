import { operators } from '../../../graph/operators.ts';
import type { AnyOperator, Attributes, Operator, AttributeSchema } from '../../../graph/value.ts';
import { apply } from '../../../graph/value.ts';
import { ModelLockError } from '../../../base/error.ts';
import { wrongKind, type Call } from './call.ts';
import type { Edge } from './known.ts';
import { activationTranslations } from './translate-activations.ts';
import { normTranslations } from './translate-norms.ts';
import { reductionTranslations } from './translate-reductions.ts';
import { resizeTranslations } from './translate-resize.ts';
import { shapeTranslations } from './translate-shapes.ts';

/** From a node of a file to the graph language: its outputs; those that are not there may not be used. */
export type Translation = (call: Call) => readonly (Edge | undefined)[];
export type Translations = Readonly<Record<string, Translation>>;

/** What says how something is computed or stored, not what. */
const irrelevant: ReadonlySet<string> = new Set(['stash_type', 'saturate', 'storage_order']);

/** A node of an operator that the graph language has just as the file does. */
const asItIs =
  (operator: AnyOperator): Translation =>
  (call) => {
    const attributes: Record<string, Attributes[string]> = {};
    for (const [name, attribute] of call.node.attributes) {
      if (irrelevant.has(name)) continue;
      const kind = operator.attributes[name];
      if (!kind) throw new ModelLockError('unsupported', `attribute "${name}" is not known`);
      if (attribute.kind !== kind) throw wrongKind(name, attribute, kind);
      attributes[name] = attribute.value;
    }
    return apply(operator as Operator<string, AttributeSchema>, call.values(), attributes);
  };

/** Every operator that is read, by its ONNX name. */
export const translations: Translations = {
  ...Object.fromEntries(
    Object.entries(operators).map(([name, operator]) => [name, asItIs(operator)]),
  ),
  ...activationTranslations,
  ...normTranslations,
  ...reductionTranslations,
  ...resizeTranslations,
  ...shapeTranslations,
};
