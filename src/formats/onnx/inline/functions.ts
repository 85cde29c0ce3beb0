import { clone } from '@bufbuild/protobuf';
import { ModelLockError } from '../../../base/error.ts';
import { domainNamed } from '../domain.ts';
import {
  AttributeProtoSchema,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../proto/onnx_pb.ts';
import { graphsWithin, inlined, TensorNames } from './inlined.ts';

/** More nodes than any model has; a hostile file may have functions that multiply. */
const mostNodes = 2 ** 17;

/**
 * Puts the body of each of a model's own functions in the place of every call, as PyTorch's exporter
 * of 2.1 to 2.4 has a function for each of its operators. Changes `model`.
 *
 * Throws `corrupt` for functions that call themselves or grow without bounds, and `unsupported` where
 * a function's operators are of another opset than the model's.
 *
 * @param where the file, for messages.
 */
export function inlineFunctions(model: ModelProto, graph: GraphProto, where: string): void {
  if (model.functions.length === 0) return;
  const functions = new Map(
    model.functions.map((body) => [keyOf(body.domain, body.name, body.overload), body]),
  );
  const names = new TensorNames(graph);
  const versions = versionsOf(model);
  let nodes = 0;

  const expanded = (node: NodeProto, callers: readonly string[]): readonly NodeProto[] => {
    nodes += 1;
    if (nodes > mostNodes) throw corrupt(where, `its functions have more than ${mostNodes} nodes`);
    for (const inner of graphsWithin(node)) {
      inner.node = inner.node.flatMap((own) => expanded(own, callers));
    }
    const key = keyOf(node.domain, node.opType, node.overload);
    const body = functions.get(key);
    if (!body) return [node];
    if (callers.includes(key)) throw corrupt(where, `the function ${body.name} calls itself`);
    requireVersions(body, versions, where);
    if (node.output.length > body.output.length) {
      throw corrupt(
        where,
        `the function ${body.name} has ${body.output.length} outputs, not ${node.output.length}`,
      );
    }
    return bodyOf(node, body, names).flatMap((own) => expanded(own, [...callers, key]));
  };

  graph.node = graph.node.flatMap((node) => expanded(node, []));
  model.functions = [];
}

const corrupt = (where: string, what: string): ModelLockError =>
  new ModelLockError('corrupt', `${where}: ${what}`);

/** What a function is called by. */
const keyOf = (domain: string, name: string, overload: string): string =>
  JSON.stringify([domainNamed(domain), name, overload]);

const versionsOf = ({ opsetImport }: Pick<ModelProto, 'opsetImport'>): Map<string, bigint> =>
  new Map(opsetImport.map(({ domain, version }) => [domainNamed(domain), version]));

function requireVersions(
  body: FunctionProto,
  model: ReadonlyMap<string, bigint>,
  where: string,
): void {
  const [own, outer] = [versionsOf(body).get(''), model.get('')];
  if (own === undefined || outer === undefined || own === outer) return;
  throw new ModelLockError(
    'unsupported',
    `${where}: the function ${body.name} is of opset ${own}, the model of ${outer}; export it with functions inlined`,
  );
}

/** The nodes of a function, with the names and attributes of a call. */
function bodyOf(call: NodeProto, body: FunctionProto, names: TensorNames): readonly NodeProto[] {
  // Optional inputs that a call leaves out have no name.
  const inputs = new Map(body.input.map((name, i) => [name, call.input[i] ?? '']));
  const { nodes } = inlined(
    { nodes: body.node, outputs: body.output },
    call,
    inputs,
    names.place(),
  );
  const attributes = new Map(
    [...body.attributeProto, ...call.attribute].map((attribute) => [attribute.name, attribute]),
  );
  for (const node of nodes) {
    node.name = [call.name, node.name].filter((name) => name !== '').join('/');
    resolveReferences(node, attributes);
  }
  return nodes;
}

/** Puts the attributes of a call where a body refers to them; those that are not given are left out. */
function resolveReferences(node: NodeProto, attributes: ReadonlyMap<string, AttributeProto>): void {
  node.attribute = node.attribute.flatMap((attribute) => {
    if (attribute.refAttrName === '') return [attribute];
    const found = attributes.get(attribute.refAttrName);
    return found ? [renamedAttribute(attribute.name, found)] : [];
  });
  for (const graph of graphsWithin(node)) {
    for (const inner of graph.node) resolveReferences(inner, attributes);
  }
}

function renamedAttribute(name: string, attribute: AttributeProto): AttributeProto {
  const copy = clone(AttributeProtoSchema, attribute);
  [copy.name, copy.refAttrName] = [name, ''];
  return copy;
}
