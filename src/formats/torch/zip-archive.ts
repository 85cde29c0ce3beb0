import { ModelLockError } from '../../base/error.ts';
import { readRange } from '../../platform/files.ts';
import type { FilePlace } from '../stored-tensor.ts';
import { maxPickleBytes, type TorchArchive } from './archive.ts';
import { PickleCutOff, PickleSource } from './pickle-source.ts';
import { TorchHost, type TorchStorage } from './torch-host.ts';
import { unpickle } from './unpickle.ts';
import { placeOfEntry, readZipDirectory, type ZipEntry } from './zip.ts';

/** Entries of a program, whose pickle speaks of the program's own classes. */
const program = 'constants.pkl';

/** So many entries are looked for at the same time. */
const atOnce = 16;

/**
 * The format of torch 1.6 and later: a zip archive of a folder with `data.pkl` and a file for each
 * storage, none of them compressed.
 */
export async function openZipArchive(path: string, fileBytes: number): Promise<TorchArchive> {
  const host = new TorchHost(path);
  const entries = await readZipDirectory(path, fileBytes);
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) return host.fail('the archive has no data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (entries.has(folder + program)) {
    throw new ModelLockError(
      'unsupported',
      `${path} is a program of TorchScript; save the state_dict of the model instead`,
    );
  }
  const placeOf = async (name: string): Promise<FilePlace> => {
    const entry: ZipEntry | undefined = entries.get(folder + name);
    if (!entry) return host.fail(`the archive has no entry "${folder}${name}"`);
    if (!entry.stored) return host.fail(`entry "${folder}${name}" is compressed`);
    return placeOfEntry(path, entry, fileBytes);
  };
  if (entries.has(`${folder}byteorder`)) await requireLittleEndian(await placeOf('byteorder'));
  return {
    value: await readPickle(await placeOf('data.pkl'), host),
    places: async (storages) => {
      const places = new Map<string, FilePlace>();
      const wanted = [...storages];
      for (let i = 0; i < wanted.length; i += atOnce) {
        await Promise.all(
          wanted.slice(i, i + atOnce).map(async (storage) => {
            const place = await placeOf(`data/${storage.key}`);
            requireLength(storage, place, host);
            places.set(storage.key, place);
          }),
        );
      }
      return places;
    },
  };
}

async function readPickle({ path, offset, length }: FilePlace, host: TorchHost): Promise<unknown> {
  if (length > maxPickleBytes) return host.fail(`its pickle has ${length} bytes`);
  try {
    return unpickle(new PickleSource(await readRange(path, offset, length)), host);
  } catch (error) {
    return error instanceof PickleCutOff ? host.fail(error.message) : Promise.reject(error);
  }
}

function requireLength(storage: TorchStorage, { length }: FilePlace, host: TorchHost): void {
  const { key, element } = storage;
  if (length < storage.length * element.bytes) {
    host.fail(`storage "${key}" has ${length} bytes, not ${storage.length} of ${element.name}`);
  }
}

async function requireLittleEndian({ path, offset, length }: FilePlace): Promise<void> {
  const order = new TextDecoder().decode(await readRange(path, offset, Math.min(length, 16)));
  if (order !== 'little') {
    throw new ModelLockError('unsupported', `${path} has its numbers in byte order "${order}"`, {
      valid: ['little'],
    });
  }
}
