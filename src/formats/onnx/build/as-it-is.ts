import { ModelLockError } from '../../../base/error.ts';
import { binary } from '../../../graph/ops/binary/ops.ts';
import {
  apply,
  type AnyOperator,
  type Attributes,
  type AttributeSchema,
  type Operator,
} from '../../../graph/value.ts';
import { wrongKind, type Call } from './call.ts';
import type { Edge } from './known.ts';

/** From a node of a file to the graph language: its outputs; those that are not there may not be used. */
export type Translation = (call: Call) => readonly (Edge | undefined)[];
export type Translations = Readonly<Record<string, Translation>>;

/** What says how something is computed or stored, not what. */
const irrelevant: ReadonlySet<string> = new Set(['stash_type', 'saturate', 'storage_order']);

/** Throws `corrupt` unless operators that broadcast their operands have as many as they are to. */
function requireOperands(call: Call): void {
  const { operator, inputs } = call.node;
  if (!Object.hasOwn(binary, operator)) return;
  const count = operator === 'Where' ? 3 : 2;
  for (let i = 0; i < count; i++) call.edge(i);
  if (inputs.length > count) {
    throw new ModelLockError('corrupt', `${inputs.length} inputs, not ${count}`);
  }
}

/** A node of an operator that the graph language has just as the file does. */
export const asItIs =
  (operator: AnyOperator): Translation =>
  (call) => {
    requireOperands(call);
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
