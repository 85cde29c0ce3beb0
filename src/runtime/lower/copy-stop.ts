import { create, toBinary } from '@bufbuild/protobuf';
import { messageOf } from '../../base/error.ts';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from '../../formats/onnx/proto/onnx_pb.ts';
import { onnxTypeNumbers } from '../../graph/ops/elementwise/ops.ts';

/**
 * onnxruntime-node writes outputs into the tensors it is given for them, and then copies every
 * output once more into a new array that nobody asked for. In a training step that is the whole
 * state: half of the optimiser's time, and as much memory as the state itself.
 *
 * It makes those copies in the order of the outputs, and refuses outputs that are no tensors. So a
 * first output that is a sequence makes it stop before the first copy, when all is computed.
 */
export const copyStopName = 'copies/stop';

/** The model with one more output in front, before which copying stops. */
export function withCopyStop(model: Uint8Array): Uint8Array {
  const elemType = onnxTypeNumbers.float32;
  const tensors = create(TypeProtoSchema, { value: { case: 'tensorType', value: { elemType } } });
  const type = create(TypeProtoSchema, {
    value: { case: 'sequenceType', value: { elemType: tensors } },
  });
  const stop = create(ModelProtoSchema, {
    graph: create(GraphProtoSchema, {
      node: [create(NodeProtoSchema, { opType: 'SequenceEmpty', output: [copyStopName] })],
      output: [create(ValueInfoProtoSchema, { name: copyStopName, type })],
    }),
  });
  // Messages that follow one another in one stream are merged; lists are joined in their order.
  const head = toBinary(ModelProtoSchema, stop);
  const joined = new Uint8Array(head.length + model.length);
  joined.set(head);
  joined.set(model, head.length);
  return joined;
}

/** Whether a run ended at the stop: everything is computed and lies in the tensors given for it. */
export function isCopyStop(error: unknown): boolean {
  return messageOf(error).includes('Non tensor type');
}
