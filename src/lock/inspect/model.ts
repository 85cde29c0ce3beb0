import { ModelLockError, type ErrorCode } from '../../base/error.ts';
import { hasHead, placeOfOneNumber, type ModelCheckpoint } from '../../bundle/checkpoint.ts';
import type { ModelOptions, OpenModelOptions } from '../../bundle/model-options.ts';
import {
  isTextClassifier,
  onnxFileOf,
  readResolved,
  resolveCheckpoint,
} from '../../bundle/open-checkpoint.ts';
import { requireNoModelOptions } from '../../bundle/open-text-classifier.ts';
import { readOnnx, type OnnxFile } from '../../formats/onnx/read.ts';
import type { Resolved } from '../../formats/reference.ts';
import { colours } from '../../nn/bare/bare-model.ts';
import { taskNamed, taskOf } from '../../tasks/registry.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { manifestIn } from '../bundle-lock.ts';
import type { Abilities, ModelInspection } from './inspection.ts';
import { learntCount, memoryOf, type Needs } from './memory.ts';
import { inspectTextModel } from './text-model.ts';

/** What a reference to a model is. Throws what opening it throws. */
export async function inspectModel(
  reference: string,
  { modelOptions, ...job }: OpenModelOptions,
): Promise<ModelInspection> {
  const found = await resolveCheckpoint(reference, job);
  if (await isTextClassifier(found)) {
    requireNoModelOptions(reference, modelOptions);
    return inspectTextModel(found);
  }
  const path = await onnxFileOf(found);
  const onnx = path === undefined ? undefined : await readOnnx(path);
  const opened = await open(found, onnx !== undefined, modelOptions);
  if ('refusal' in opened) return networkOf(found, onnx!, opened.refusal);
  const { checkpoint, isPrepared, needs } = opened;
  const { declared, memory, untrainable } = needs;
  const { config, network, preprocessor, preprocessorJson, layout, notes } = checkpoint;
  const { height, width } = preprocessor.size;
  const shape = ['batch', network.channels, height, width];
  return {
    kind: taskNamed(taskOf(config)).network,
    reference: found.reference,
    layout,
    architecture: String(config['model_type']),
    opset: onnx?.network.model.opset ?? null,
    parameters: learntCount(declared),
    inputs: onnx ? inputsOf(onnx) : [{ name: 'pixel_values', dtype: 'float32', shape }],
    labels: hasHead(checkpoint) ? network.labels : [],
    preprocessing: isPrepared ? preprocessorJson : null,
    memory,
    can: abilitiesOf(checkpoint, isPrepared, untrainable),
    notes: isPrepared ? notes : [],
    manifest: await manifestIn(found),
  };
}

type Opened =
  | { readonly checkpoint: ModelCheckpoint; readonly isPrepared: boolean; readonly needs: Needs }
  /** Why an ONNX file is no classifier. */
  | { readonly refusal: ModelLockError };

/** Errors that say what an ONNX file is not. */
const refusals: ReadonlySet<ErrorCode> = new Set(['unsupported', 'shape']);

/** Of an ONNX file much can be said though nothing tells how its pictures are prepared. */
async function open(
  found: Resolved,
  isOnnx: boolean,
  modelOptions: ModelOptions = {},
  isPrepared = true,
): Promise<Opened> {
  try {
    const { checkpoint } = await readResolved(found, { modelOptions });
    return { checkpoint, isPrepared, needs: memoryOf(checkpoint) };
  } catch (error) {
    if (!isOnnx || !(error instanceof ModelLockError)) throw error;
    if (refusals.has(error.code)) return { refusal: error };
    if (error.code !== 'usage' || modelOptions.normalisation) throw error;
    return open(found, isOnnx, { ...modelOptions, normalisation: colours.half }, false);
  }
}

const noEditor = 'it is no editor';

function abilitiesOf(
  checkpoint: ModelCheckpoint,
  isPrepared: boolean,
  untrainable: string | undefined,
): Abilities {
  const prepared = isPrepared || 'nothing says how pictures are normalised; --mean and --std do';
  const usable = lackOf(checkpoint) ?? prepared;
  const { fixedHead } = checkpoint.network;
  const teachable =
    untrainable ?? (fixedHead === undefined ? prepared : `for its own classes alone: ${fixedHead}`);
  return {
    predict: usable,
    evaluate: usable,
    train: teachable,
    lock: teachable,
    export: usable,
    edit: noEditor,
  };
}

/** Why a model answers nothing as it is, if so. */
function lackOf(checkpoint: ModelCheckpoint): string | undefined {
  if (!hasHead(checkpoint)) return 'it has no last layer yet; train gives it one';
  const place = placeOfOneNumber(checkpoint);
  return place && `it gives ${place} one number; train gives it classes`;
}

const inputsOf = ({ network }: OnnxFile): ModelInspection['inputs'] =>
  [...network.model.inputs].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));

/** An ONNX file that is no classifier of pictures, and why. */
function networkOf(
  { reference }: Resolved,
  onnx: OnnxFile,
  { message }: ModelLockError,
): ModelInspection {
  const parameters = [...onnx.weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    kind: 'network',
    reference,
    layout: 'an ONNX file',
    architecture: 'onnx',
    opset: onnx.network.model.opset,
    parameters,
    inputs: inputsOf(onnx),
    labels: [],
    preprocessing: null,
    memory: { weights: 4 * parameters, run: null, trainingStep: null },
    can: {
      predict: message,
      evaluate: message,
      train: message,
      lock: message,
      export: message,
      edit: noEditor,
    },
    notes: [],
    manifest: null,
  };
}
