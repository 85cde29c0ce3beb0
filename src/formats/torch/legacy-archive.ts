import { readRange } from '../../platform/files.ts';
import type { FilePlace } from '../stored-tensor.ts';
import { maxPickleBytes, type TorchArchive } from './archive.ts';
import { PickleCutOff, PickleSource } from './pickle-source.ts';
import { TorchHost } from './torch-host.ts';
import { unpickle } from './unpickle.ts';

/** The first pickle of a file, as an integer. */
const magicNumber = 0x1950a86a20f9469cfc6cn;
/** That pickle: protocol 2, an integer of ten bytes, the end. */
const magicBytes = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50];

const firstReadBytes = 2 ** 20;
/** Before the elements of each storage: how many there are. */
const lengthBytes = 8;

/** Whether a file that begins so is of the format before torch 1.6. */
export function isLegacy(bytes: Uint8Array): boolean {
  return magicBytes.every((byte, i) => bytes[i] === byte);
}

/**
 * The format before torch 1.6: pickles of a magic number, of a version, of the machine, of the value
 * and of the storages' keys, and then the storages in the order of these keys.
 */
export async function openLegacyArchive(path: string, fileBytes: number): Promise<TorchArchive> {
  const host = new TorchHost(path);
  const { value, keys, end } = await readPickles(path, fileBytes, host);
  return {
    value,
    places: async (storages) => {
      const all = await findStorages(path, fileBytes, keys, end, host);
      for (const { key } of storages) {
        if (!all.has(key)) host.fail(`it has no storage "${key}"`);
      }
      return all;
    },
  };
}

interface Pickles {
  readonly value: unknown;
  readonly keys: readonly string[];
  /** Of the last pickle, from the beginning of the file. */
  readonly end: number;
}

/** Reads as much of the file as its pickles turn out to need, twice as much each time. */
async function readPickles(path: string, fileBytes: number, host: TorchHost): Promise<Pickles> {
  for (let length = firstReadBytes; ; length *= 2) {
    const bytes = await readRange(path, 0, Math.min(length, fileBytes));
    try {
      return parsePickles(new PickleSource(bytes), host);
    } catch (error) {
      if (!(error instanceof PickleCutOff)) throw error;
      if (length >= fileBytes) return host.fail(error.message);
      if (length >= maxPickleBytes) return host.fail(`its pickles have more than ${length} bytes`);
    }
  }
}

function parsePickles(source: PickleSource, host: TorchHost): Pickles {
  if (unpickle(source, host) !== magicNumber) host.fail('it has another magic number');
  unpickle(source, host); // The version of the format, of which there is one.
  const machine = unpickle(source, host);
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    host.fail('its numbers are not little-endian');
  }
  const value = unpickle(source, host);
  const keys = unpickle(source, host);
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) {
    return host.fail('it has no list of storages');
  }
  return { value, keys, end: source.position };
}

async function findStorages(
  path: string,
  fileBytes: number,
  keys: readonly string[],
  start: number,
  host: TorchHost,
): Promise<Map<string, FilePlace>> {
  const places = new Map<string, FilePlace>();
  let offset = start;
  for (const key of keys) {
    const storage = host.storages.get(key);
    if (!storage) return host.fail(`it has a storage "${key}" that nothing refers to`);
    const length = storage.length * storage.element.bytes;
    if (offset + lengthBytes + length > fileBytes) host.fail(`storage "${key}" is cut off`);
    const head = await readRange(path, offset, lengthBytes);
    const count = new DataView(head.buffer, head.byteOffset).getBigInt64(0, true);
    if (count !== BigInt(storage.length)) {
      host.fail(`storage "${key}" has ${count} elements, not ${storage.length}`);
    }
    places.set(key, { path, offset: offset + lengthBytes, length });
    offset += lengthBytes + length;
  }
  return places;
}
