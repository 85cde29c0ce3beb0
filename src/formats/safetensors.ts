import { ModelLockError, messageOf } from '../base/error.ts';
import { entryOf } from '../base/registry.ts';
import { arrayOf, bytesPerElement, type DataOf, type DType } from '../tensor/dtype.ts';
import { sizeOf, tensor, type Tensor } from '../tensor/tensor.ts';

/**
 * The safetensors format (huggingface.co/docs/safetensors): the length of a JSON header as a
 * 64-bit integer, the header, and the tensors' bytes.
 */
const dtypeNames = {
  int64: 'I64',
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  bfloat16: 'BF16',
  float16: 'F16',
  uint16: 'U16',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, string>;

/**
 * What a file may have tensors of that nobody asks for, and this program has none of; with a dtype
 * whose elements are as long.
 */
const foreignDTypes: Readonly<Record<string, DType>> = {
  F8_E4M3: 'uint8',
  F8_E5M2: 'uint8',
  F8_E8M0: 'uint8',
  U32: 'int32',
  U64: 'int64',
  C64: 'float64',
};

/** Place of each dtype in a file: the official library's order, in which every tensor is aligned. */
const ranks = new Map(Object.keys(dtypeNames).map((dtype, rank) => [dtype as DType, rank]));

const dtypeOf = new Map<unknown, DType>(
  Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]),
);

/** The same limit as the official library's: a header beyond it is hostile. */
const maxHeaderBytes = 100_000_000;
const metadataKey = '__metadata__';

export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where a tensor lies in a file: dtype, shape and its bytes' place. */
export interface TensorEntry {
  readonly dtype: DType;
  /** The file's word for its dtype where there are no such tensors here; `dtype` is one as long. */
  readonly foreign?: string;
  readonly shape: readonly number[];
  /** From the beginning of the file. */
  readonly start: number;
  readonly end: number;
}

/**
 * The tensors of a safetensors file. Views into `bytes` where alignment allows it.
 * Throws `corrupt`, naming `where` and the tensor, before anything is allocated; `unsupported` for a
 * dtype that there are no tensors of.
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const { entries, metadata } = decodeHeader(bytes, bytes.length, where);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, foreign, shape, start, end }] of entries) {
    if (foreign !== undefined) throw foreignTensor(name, foreign, where);
    tensors.set(name, tensorOf(dtype, shape, bytes.subarray(start, end)));
  }
  return { tensors, metadata };
}

/** Of a tensor that is asked for, and has a dtype that there are no tensors of. */
export function foreignTensor(name: string, dtype: string, where: string): ModelLockError {
  return new ModelLockError(
    'unsupported',
    `${where}: tensor "${name}" has the unsupported dtype ${dtype}`,
  );
}

/**
 * How long the header is, its own length included, from the first 8 bytes of a file that is
 * `fileBytes` long in all. Throws `corrupt` for one that cannot be.
 */
export function headerBytes(bytes: Uint8Array, fileBytes: number, where: string): number {
  const fail = failAt(where);
  if (bytes.length < 8) fail('it is shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(maxHeaderBytes, fileBytes - 8))) {
    fail(`its header claims ${length} bytes`);
  }
  return 8 + Number(length);
}

/**
 * The header alone, from the beginning of a file that is `fileBytes` long in all.
 * Throws `corrupt` for whatever does not fit together.
 */
export function decodeHeader(
  bytes: Uint8Array,
  fileBytes: number,
  where: string,
): { entries: Map<string, TensorEntry>; metadata: Readonly<Record<string, string>> } {
  const fail = failAt(where);
  const dataStart = headerBytes(bytes, fileBytes, where);
  const header = parseHeader(bytes.subarray(8, dataStart), fail);
  const entries = new Map<string, TensorEntry>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === metadataKey) metadata = checkMetadata(entry, fail);
    else entries.set(name, checkEntry(name, entry, dataStart, fail));
  }
  checkCoverage(entries, dataStart, fileBytes, fail);
  return { entries, metadata };
}

type Fail = (what: string) => never;

function failAt(where: string): Fail {
  return (what) => {
    throw new ModelLockError('corrupt', `${where} is no valid safetensors file: ${what}`);
  };
}

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(header)) return header;
  } catch (error) {
    return fail(`its header is not JSON (${messageOf(error)})`);
  }
  return fail('its header is no JSON object');
}

function checkMetadata(entry: unknown, fail: Fail): Record<string, string> {
  if (isObject(entry) && Object.values(entry).every((value) => typeof value === 'string')) {
    return entry as Record<string, string>;
  }
  return fail(`its ${metadataKey} is no map of strings`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkEntry(name: string, entry: unknown, dataStart: number, fail: Fail): TensorEntry {
  const { dtype: label, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const own = dtypeOf.get(label);
  const dtype = own ?? entryOf(foreignDTypes, String(label));
  if (!dtype) return fail(`tensor "${name}" has dtype ${String(label)}`);
  if (!isNaturals(shape)) return fail(`tensor "${name}" has no valid shape`);
  if (!isNaturals(offsets) || offsets.length !== 2) {
    return fail(`tensor "${name}" has no valid offsets`);
  }
  const [start, end] = offsets;
  if (end - start !== sizeOf(shape) * bytesPerElement(dtype)) {
    return fail(`tensor "${name}" of shape [${shape.join(', ')}] has ${end - start} bytes`);
  }
  return {
    dtype,
    ...(own ? {} : { foreign: String(label) }),
    shape,
    start: dataStart + start,
    end: dataStart + end,
  };
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** Tensors must fill the file without gaps or overlaps, as the official library demands. */
function checkCoverage(
  entries: ReadonlyMap<string, TensorEntry>,
  dataStart: number,
  fileBytes: number,
  fail: Fail,
): void {
  let place = dataStart;
  const byStart = [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  for (const [name, { start, end }] of byStart) {
    if (start !== place) fail(`tensor "${name}" begins at byte ${start}, not ${place}`);
    place = end;
  }
  if (place !== fileBytes) fail(`it has ${fileBytes} bytes, its header speaks of ${place}`);
}

/** A tensor of the bytes of its elements, little-endian; a view of them where alignment allows it. */
export function tensorOf(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  return tensor(dtype, shape, viewOf(bytes, dtype));
}

function viewOf<D extends DType>(bytes: Uint8Array, dtype: D): DataOf<D> {
  const size = bytesPerElement(dtype);
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new arrayOf[dtype](aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/**
 * A safetensors file of these tensors, laid out as the official library does it: by dtype and then
 * by name. Deterministic.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let target = 0;
  for (const part of parts) {
    bytes.set(part, target);
    target += part.length;
  }
  return bytes;
}

/** The same file in parts, one after the other: views of the tensors, of which nothing is copied. */
export function safetensorsParts(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  const ordered = [...tensors].sort(
    ([a, { dtype: x }], [b, { dtype: y }]) => ranks.get(x)! - ranks.get(y)! || (a < b ? -1 : 1),
  );
  return [
    encodeHeader(ordered, metadata),
    ...ordered.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

/** What a safetensors file begins with whose tensors follow in this order. */
export function encodeHeader(
  tensors: Iterable<readonly [name: string, Pick<TensorEntry, 'dtype' | 'shape'>]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([metadataKey, metadata]);
  let place = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const end = place + sizeOf(shape) * bytesPerElement(dtype);
    header.push([name, { dtype: dtypeNames[dtype], shape, data_offsets: [place, end] }]);
    place = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, 8);
  bytes.set(text, 8);
  return bytes;
}
