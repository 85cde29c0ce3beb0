import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ModelLockError } from '../../base/error.ts';
import { toFloat32 } from '../../tensor/convert.ts';
import { toNumbers } from '../../tensor/tensor.ts';
import { openSafetensors } from '../safetensors-file.ts';
import type { StoredTensor, StoredTensors } from '../stored-tensor.ts';
import { openTorchCheckpoint } from './open.ts';

interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly contiguous: boolean;
  readonly values: readonly number[];
}

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as Record<
  string,
  Record<string, Expected>
>;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torch-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tensorsIn = async (path: string): Promise<StoredTensors> =>
  (await openTorchCheckpoint(path)).tensors;

/** What a file system gives for a place, as elements. */
function elementsAt(stored: StoredTensor): Buffer {
  const { path, offset, length } = stored.place!;
  return readFileSync(path).subarray(offset, offset + length);
}

describe.each(Object.entries(expected))('%s', (file, tensors) => {
  it('has the tensors that torch reads from it', async () => {
    const stored = await tensorsIn(fixture(file));
    expect([...stored.keys()]).toEqual(Object.keys(tensors));
    for (const [name, { dtype, shape, values }] of Object.entries(tensors)) {
      const read = await stored.get(name)!.read();
      expect([name, read.dtype, read.shape]).toEqual([name, dtype, shape]);
      expect([stored.get(name)!.dtype, stored.get(name)!.shape]).toEqual([dtype, shape]);
      expect(toNumbers(toFloat32(read))).toEqual([...Float32Array.from(values)]);
    }
  });

  it('tells the place of every tensor that is contiguous, and of no other', async () => {
    const stored = await tensorsIn(fixture(file));
    for (const [name, { contiguous }] of Object.entries(tensors)) {
      const tensor = stored.get(name)!;
      expect([name, tensor.place !== undefined]).toEqual([name, contiguous]);
      if (!contiguous) continue;
      const { data } = await tensor.read();
      expect(elementsAt(tensor)).toEqual(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      );
    }
  });
});

test('plain values beside the weights are kept', async () => {
  const { scalars } = await openTorchCheckpoint(fixture('checkpoint.ckpt'));
  expect(Object.fromEntries(scalars)).toEqual({ epoch: 3, global_step: 875000, name: 'mae' });
});

describe('refuses', () => {
  it.each<[string, string, RegExp]>([
    ['system.pth', 'unsupported', /system\.pth asks to run posix\.system, and nothing is run/],
    ['system-legacy.pth', 'unsupported', /system-legacy\.pth asks to run posix\.system/],
    [
      'module.pt',
      'unsupported',
      /module\.pt asks to run torch\.nn\.modules\.batchnorm\.BatchNorm2d/,
    ],
    ['complex.pt', 'unsupported', /complex\.pt: tensor "w" has the unsupported dtype complex64/],
    ['list.pt', 'data', /list\.pt has no named tensors \(valid: a state_dict, /],
    ['nested.pt', 'data', /nested\.pt has no named tensors; it has "generator" \(valid: /],
    ['script.pt', 'unsupported', /script\.pt is a program of TorchScript/],
    ['compressed.pt', 'corrupt', /compressed\.pt is no .+: entry ".+\/byteorder" is compressed/],
    ['big-endian.pt', 'unsupported', /big-endian\.pt has its numbers in byte order "big"/],
    [
      'short-storage.pt',
      'corrupt',
      /short-storage\.pt .+: storage "0" has 4 bytes, not 18 of float32/,
    ],
    ['no-storage.pt', 'corrupt', /no-storage\.pt .+ has no entry ".+\/data\/0"/],
    ['pickle.bin', 'corrupt', /pickle\.bin is no torch file/],
  ])('%s', async (file, code, message) => {
    const opened = tensorsIn(fixture(`hostile/${file}`));
    await expect(opened).rejects.toMatchObject({ code });
    await expect(opened).rejects.toThrow(message);
  });

  it('files that are not there', async () => {
    await expect(tensorsIn(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('an old tar archive', async () => {
    const path = join(folder, 'old.tar');
    writeFileSync(path, new Uint8Array(512).fill(1));
    await expect(tensorsIn(path)).rejects.toThrow('begins like none');
    const bytes = new Uint8Array(512);
    bytes.set(new TextEncoder().encode('ustar'), 257);
    writeFileSync(path, bytes);
    await expect(tensorsIn(path)).rejects.toThrow(/tar format of torch before 0\.1\.10/);
  });

  it.each(['module.pt', 'checkpoint-legacy.ckpt'])('%s cut off anywhere', async (file) => {
    const bytes = readFileSync(fixture(file));
    const path = join(folder, file);
    for (let length = 0; length < bytes.length; length += 37) {
      writeFileSync(path, bytes.subarray(0, length));
      await expect(tensorsIn(path)).rejects.toBeInstanceOf(ModelLockError);
    }
  });
});

test.each(['layouts.pth', 'layouts-legacy.pth'])(
  '%s with any byte changed is read or refused, in words',
  async (file) => {
    const bytes = readFileSync(fixture(file));
    const path = join(folder, file);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        writeFileSync(path, changed);
        try {
          for (const stored of (await tensorsIn(path)).values()) await stored.read();
        } catch (error) {
          expect(error).toBeInstanceOf(ModelLockError);
        }
      }),
      { numRuns: 300 },
    );
  },
);

const models = process.env['MODELS_DIR'] ?? join(import.meta.dirname, '../../../../shared/models');

test('a real checkpoint of 2019 is read, its names as DataParallel wrote them', async (context) => {
  const path = join(models, 'resnet20-12fca82f.th');
  if (!existsSync(path)) return context.skip(`there is no ${path} (set MODELS_DIR)`);
  const tensors = await tensorsIn(path);
  expect(tensors.size).toBe(97);
  expect(tensors.get('module.conv1.weight')).toMatchObject({
    dtype: 'float32',
    shape: [16, 3, 3, 3],
  });
  const bias = await tensors.get('module.linear.bias')!.read();
  // What torch reads.
  const values = [
    0.19355906546115875, -0.3431008756160736, 0.11120541393756866, 0.32253673672676086,
    0.14396445453166962, -0.180976003408432, 0.16311383247375488, -0.16210909187793732,
    0.02210032008588314, -0.27025941014289856,
  ];
  expect(toNumbers(bias)).toEqual(values);
});

const golden = process.env['GOLDEN_DIR'] ?? join(import.meta.dirname, '../../../../shared/golden');

test("a checkpoint of MAE's fine-tuning is looked through to its weights", async (context) => {
  const folder = join(golden, 'training/mae-vit');
  if (!existsSync(folder)) return context.skip(`there is no ${folder} (set GOLDEN_DIR)`);
  const found = await tensorsIn(join(folder, 'checkpoint-best.pth'));
  const { tensors: expected } = await openSafetensors(join(folder, 'model.safetensors'));
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, tensor] of expected) {
    expect(await found.get(name)!.read()).toEqual(await tensor.read());
  }
});
