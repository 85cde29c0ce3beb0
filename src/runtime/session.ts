import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { ModelLockError, messageOf } from '../base/error.ts';
import { encodeOnnx } from '../formats/onnx/write.ts';
import type { Graph } from '../graph/graph.ts';
import type { DType, TensorData } from '../tensor/dtype.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { adaptedGraph } from './adapt.ts';
import { deviceError, requireDevice, type Device } from './device.ts';
import { loadOrt, type Ort } from './ort.ts';
import { nchwcBlockSize } from './lower/block-size.ts';
import { copyStopName, isCopyStop, withCopyStop } from './lower/copy-stop.ts';
import { lower } from './lower/lower.ts';
import { largestWeight } from './quantise/saturation.ts';
import { quantisedGraph } from './quantise/quantise.ts';
import {
  castParameters,
  storedParameters,
  type SessionWeights,
  type Weight,
} from './stored-parameters.ts';
import { defaultThreads } from './threads.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

export const precisions = ['float32', 'int8'] as const;
export type Precision = (typeof precisions)[number];

export interface SessionOptions {
  /**
   * Weights that do not change, in any floating-point dtype. Parameters not among them are given
   * with each run.
   */
  readonly parameters?: ReadonlyMap<string, Weight>;
  /**
   * `int8`: linear layers and convolutions by weights among `parameters` are computed in 8-bit
   * integers; results then depend on the whole batch. Default: `float32`.
   */
  readonly precision?: Precision;
  /** Default: `cpu`. */
  readonly device?: Device;
  /** Threads of one operator. Default: one for each core that the process may use. */
  readonly threads?: number;
  /**
   * Whether a thread that has done its part looks for the next again and again, instead of going to sleep.
   * Small operators are done twice as fast then. But it looks on for tens of milliseconds after the run, so where
   * sessions take turns it keeps a core from the next one. Default: false.
   */
  readonly spinning?: boolean;
  /** Runs are given tensors for all outputs, and copy none of them. */
  readonly inPlace?: boolean;
  /** Writes a profile in Chrome's trace format to files with this prefix. */
  readonly profilePrefix?: string;
}

const ortTypes = {
  float64: 'float64',
  float32: 'float32',
  float16: 'float16',
  bfloat16: undefined,
  int64: 'int64',
  int32: 'int32',
  int16: 'int16',
  int8: 'int8',
  uint16: 'uint16',
  uint8: 'uint8',
  bool: 'bool',
} as const satisfies Record<DType, string | undefined>;

/** A graph made ready to run. Free it with `dispose`: its memory is outside JavaScript's heap. */
export class Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #ort: Ort;
  readonly #session: InferenceSession;

  private constructor(ort: Ort, session: InferenceSession) {
    this.#ort = ort;
    this.#session = session;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames.filter((name) => name !== copyStopName);
  }

  /**
   * Lowers a graph and loads it, with those weights among `parameters` that it has. Throws
   * `unsupported` for a device that is not there, and where ONNX Runtime refuses the graph.
   */
  static async create(graph: Graph, options: SessionOptions = {}): Promise<Session> {
    await requireDevice(options.device ?? 'cpu');
    const given = new Map(
      [...(options.parameters ?? [])].filter(([name]) => graph.parameters.has(name)),
    );
    const integers =
      options.precision === 'int8'
        ? await quantisedGraph(graph, given, await largestWeight())
        : { graph, weights: given };
    const lowered = lower(integers.graph, {
      // The processor's own layout.
      blockSize: isCpu(options) ? await nchwcBlockSize() : 1,
      constants: new Set(integers.weights.keys()),
      device: options.device,
    });
    // Only then, for what is computed of constants is one, too, and no pass is to take it for a value that changes.
    const { graph: whole, weights } = adaptedGraph(lowered, integers.weights);
    const { parameters, ...external } = await storedParameters(weights);
    const model = encodeOnnx(castParameters(whole, weights), { parameters });
    return Session.load(options.inPlace ? withCopyStop(model) : model, options, external);
  }

  /**
   * From the bytes of an ONNX model. Throws `unsupported` where ONNX Runtime refuses it.
   *
   * @param external where its external data is.
   */
  static async load(
    model: Uint8Array,
    options: SessionOptions = {},
    { folder, files }: Pick<SessionWeights, 'folder' | 'files'> = {},
  ): Promise<Session> {
    const ort = await loadOrt();
    const { threads, spinning = false, profilePrefix, device = 'cpu' } = options;
    await requireDevice(device);
    try {
      const session = await ort.InferenceSession.create(model, {
        intraOpNumThreads: threads ?? defaultThreads(),
        graphOptimizationLevel: 'all',
        // Planning all memory at once holds that plan beside what the first run took, and saves no time.
        enableMemPattern: false,
        // Answers that are to be silent make tiny gradients, and those are slow to compute with.
        extra: {
          session: {
            set_denormal_as_zero: '1',
            intra_op: { allow_spinning: spinning ? '1' : '0' },
            ...(folder === undefined
              ? {}
              : { model_external_initializers_file_folder_path: folder }),
          },
        },
        // What a device has no kernel for runs on the processor.
        ...(isCpu(options) ? {} : { executionProviders: [device, 'cpu'] }),
        logSeverityLevel: 3,
        ...(files ? { externalData: files } : {}),
        ...(profilePrefix === undefined
          ? {}
          : { enableProfiling: true, profileFilePrefix: profilePrefix }),
      });
      return new Session(ort, session);
    } catch (error) {
      if (!isCpu(options)) throw await deviceError(device, error);
      throw new ModelLockError('unsupported', `ONNX Runtime: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Runs the graph. Outputs named in `into` are written into those tensors, which must have their
   * dtype and shape; the others are new. Blocks the event loop while it runs.
   *
   * Throws `shape` for inputs that are missing or do not fit, and outputs that have no room; `data`
   * where an operator fails on what it is given, such as an index beyond its table; `unsupported`
   * for dtypes that ONNX Runtime for Node does not take.
   */
  async run(inputs: Tensors, into: Tensors = {}): Promise<Tensors> {
    const inPlace = this.#session.outputNames.includes(copyStopName);
    const homeless = inPlace && this.outputNames.find((name) => !into[name]);
    if (homeless) throw new ModelLockError('shape', `no tensor to write output "${homeless}" into`);
    const feeds = mapValues(inputs, (t) => this.#wrap(t));
    const fetches = Object.fromEntries(
      this.#session.outputNames.map((name) => [name, into[name] ? this.#wrap(into[name]) : null]),
    );
    try {
      return mapValues(await this.#session.run(feeds, fetches), unwrap);
    } catch (error) {
      if (inPlace && isCopyStop(error)) return into;
      throw runError(error);
    }
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }

  /** Ends profiling and writes the file. */
  endProfiling(): void {
    this.#session.endProfiling();
  }

  #wrap({ dtype, data, shape }: Tensor): OrtTensor {
    const type = ortTypes[dtype];
    if (!type) throw new ModelLockError('unsupported', `${dtype} tensors cannot be run`);
    return new this.#ort.Tensor(type as 'float32', data as Float32Array, shape);
  }
}

const isCpu = ({ device = 'cpu' }: SessionOptions): boolean => device === 'cpu';

/** ONNX Runtime looks at inputs before it runs anything, and names the node that fails later. */
function runError(error: unknown): ModelLockError {
  const message = messageOf(error);
  const code = message.includes('while running') ? 'data' : 'shape';
  return new ModelLockError(code, `ONNX Runtime: ${message}`, { cause: error });
}

function unwrap(t: OrtTensor): Tensor {
  return tensor(t.type as DType, t.dims, t.data as TensorData);
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
