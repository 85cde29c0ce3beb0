import { ModelLockError } from '../../base/error.ts';
import { dirname, fileSize, pathWithin, readBytes } from '../../platform/files.ts';
import { bytesPerElement } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { FilePlace, StoredTensor, StoredTensors } from '../stored-tensor.ts';
import { storedAt } from '../stored-views.ts';
import { openArchitecture, withoutWeights, type OnnxNetwork } from './architecture.ts';
import { parseOnnx } from './decode.ts';
import type { TensorProto } from './proto/onnx_pb.ts';
import { initializersOf } from './roles.ts';
import { headerOf, isExternal, tensorOfProto, type TensorHeader } from './tensor-proto.ts';

export interface OnnxFile {
  /** What it computes, with its constants and without its weights. */
  readonly network: OnnxNetwork;
  /** The network as bytes: an ONNX model whose weights are left out. */
  readonly architecture: Uint8Array;
  /** Its parameters and running statistics, by name. */
  readonly weights: StoredTensors;
  /** All files that it was read from, or its weights are to be. */
  readonly files: readonly string[];
}

/**
 * Reads an ONNX file of any exporter; weights that lie in other files are not read yet. Throws
 * `corrupt` or `unsupported` as `parseOnnx` does, and for weights in other files that do not lie in
 * the model's folder or are too short.
 */
export async function readOnnx(path: string): Promise<OnnxFile> {
  const bytes = await readBytes(path);
  const model = parseOnnx(bytes, path);
  const weights = new Map<string, StoredTensor>();
  const constants = new Map<string, Tensor>();
  const files = new Set([path]);
  for (const [name, { role }] of initializersOf(model)) {
    const proto = model.initializers.get(name)!;
    const stored = isExternal(proto) ? await external(proto, path) : internal(proto, bytes, path);
    if (stored.place) files.add(stored.place.path);
    if (role === 'constant') constants.set(name, await stored.read());
    else weights.set(name, stored);
  }
  const architecture = withoutWeights(bytes, constants);
  return {
    network: openArchitecture(architecture, path),
    architecture,
    weights,
    files: [...files],
  };
}

/** A tensor of the file itself: at its place there, where that is one that can be mapped. */
function internal(proto: TensorProto, file: Uint8Array, path: string): StoredTensor {
  const { dtype, shape } = headerOf(proto, path);
  const { rawData } = proto;
  const whole = tensorOfProto(proto, path);
  const offset = rawData.byteOffset - file.byteOffset;
  const isPlaced =
    rawData.length > 0 && rawData.buffer === file.buffer && offset % bytesPerElement(dtype) === 0;
  return isPlaced
    ? storedAt(dtype, shape, { path, offset, length: rawData.length })
    : { dtype, shape, read: () => Promise.resolve(whole) };
}

async function external(proto: TensorProto, path: string): Promise<StoredTensor> {
  const header = headerOf(proto, path);
  const place = await placeOf(proto, header, path);
  return storedAt(header.dtype, header.shape, place);
}

/** Where an external tensor lies. Throws `corrupt` for places out of the folder or the file. */
async function placeOf(
  proto: TensorProto,
  { name, dtype, shape, elements }: TensorHeader,
  path: string,
): Promise<FilePlace> {
  const what = `${path}: tensor "${name}"`;
  const fields = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = fields.get('location');
  if (!location) throw new ModelLockError('corrupt', `${what} lies in a file that is not named`);
  const file = fileWithin(dirname(path), location, what);
  const bytes = elements * bytesPerElement(dtype);
  const offset = natural(fields.get('offset') ?? '0', `${what}: its offset`);
  const length = natural(fields.get('length') ?? String(bytes), `${what}: its length`);
  if (length !== bytes) {
    const wanted = `${bytes} of shape [${shape.join(', ')}]`;
    throw new ModelLockError('corrupt', `${what} has ${length} bytes, not the ${wanted}`);
  }
  const size = await fileSize(file);
  if (offset + length > size) {
    throw new ModelLockError(
      'corrupt',
      `${what} ends at byte ${offset + length} of ${file}, which has ${size}`,
    );
  }
  return { path: file, offset, length };
}

/** A file of the model's folder, by its name there. */
function fileWithin(folder: string, location: string, what: string): string {
  try {
    return pathWithin(folder, location);
  } catch (error) {
    throw new ModelLockError(
      'corrupt',
      `${what} lies in "${location}", out of the model's folder`,
      {
        cause: error,
      },
    );
  }
}

function natural(text: string, what: string): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new ModelLockError('corrupt', `${what} is "${text}"`);
}
