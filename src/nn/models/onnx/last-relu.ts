import { nodeOf } from '../../../graph/patterns.ts';
import { axesOf } from '../../../graph/ops/reduction/ops.ts';
import { constantOf, type Node, type Value } from '../../../graph/value.ts';

/** What only gives features another shape. */
const reshaping: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Identity']);

/**
 * What goes into the last ReLU, [B, C, h, w], of features that are means of what it lets through;
 * `undefined` for other networks. A ReLU that is cut at 6 counts as one.
 */
export function beforeLastReluOf(features: Value): Value | undefined {
  let value = features;
  for (;;) {
    const { producer } = value;
    if (producer.kind !== 'node' || !reshaping.has(producer.operator.name)) break;
    value = producer.inputs[0]!;
  }
  const { producer } = value;
  if (producer.kind !== 'node' || !isMeanOfPlaces(producer)) return undefined;
  const before = beforeRelu(producer.inputs[0]);
  return before?.shape.length === 4 ? before : undefined;
}

function isMeanOfPlaces({ operator: { name }, inputs }: Node): boolean {
  if (name === 'GlobalAveragePool') return true;
  return name === 'ReduceMean' && [...axesOf(inputs)].sort((a, b) => a - b).join() === '2,3';
}

/** What goes into a ReLU, or a cut at zero, whose result this is. */
export function beforeRelu(value: Value | undefined): Value | undefined {
  const relu = nodeOf(value, 'Relu');
  if (relu) return relu.inputs[0];
  const clip = nodeOf(value, 'Clip');
  const lowest = constantOf(clip?.inputs[1]);
  return lowest?.data.length === 1 && Number(lowest.data[0]) === 0 ? clip?.inputs[0] : undefined;
}
