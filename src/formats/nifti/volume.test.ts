import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { niftiImage, niftiSlice, openNifti, type NiftiVolume } from './volume.ts';

const folder = join(import.meta.dirname, 'fixtures');
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const open = (name: string): Promise<NiftiVolume> => openNifti(read(name), name);

/** What nibabel reads, the first axis fastest. */
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  { readonly shape: readonly number[]; readonly values: readonly number[] }
>;

describe('the values that nibabel reads', () => {
  it.each(Object.keys(expected))('%s', async (name) => {
    const file = await open(name);
    const { shape, values } = expected[name];
    const [x, y, z = 1, t = 1] = shape;
    expect([...file.header.shape, file.header.volumes]).toEqual([x, y, z, t]);
    const all: number[] = [];
    for (let volume = 0; volume < t; volume++) {
      for (let index = 0; index < z; index++)
        all.push(...niftiSlice(file, { index, volume }).values);
    }
    expect(all).toEqual(values);
  });

  it('across every axis', async () => {
    const file = await open('times.nii.gz');
    const { values } = expected['times.nii.gz'];
    const [nx, ny, nz] = file.header.shape;
    const at = (x: number, y: number, z: number): number => values[x + nx * (y + ny * (z + nz))];
    const across0 = niftiSlice(file, { axis: 0, index: 3, volume: 1 });
    expect([across0.width, across0.height]).toEqual([ny, nz]);
    expect(across0.values[2 * ny + 1]).toBe(at(3, 1, 2));
    const across1 = niftiSlice(file, { axis: 1, index: 2, volume: 1 });
    expect([across1.width, across1.height]).toEqual([nx, nz]);
    expect(across1.values[1 * nx + 4]).toBe(at(4, 2, 1));
  });
});

describe('niftiImage', () => {
  it('goes from the 1st to the 99th percentile, or as told', async () => {
    const file = await open('uint8.nii');
    const { data } = niftiImage(file, { index: 0 });
    expect([Math.min(...data), Math.max(...data)]).toEqual([0, 255]);
    const given = niftiImage(file, { index: 0, window: { low: 0, high: 255 } });
    expect([...given.data].filter((_, i) => i % 3 === 0)).toEqual(
      expected['uint8.nii'].values.slice(0, 12),
    );
  });

  it('refuses what is no finite number, with its place, unless told what stands for it', async () => {
    const file = await open('holes.nii');
    expect(() => niftiImage(file, { index: 1 })).toThrow(
      'holes.nii has Infinity at (0, 0) of slice 1 across axis 2',
    );
    expect(() => niftiImage(file, { axis: 0, index: 1 })).toThrow('holes.nii has NaN at (2, 1)');
    const { values } = niftiSlice(file, { index: 1, fill: -5 });
    expect([values[0], values[1 + 2 * 4]]).toEqual([-5, -5]);
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe('refusals', () => {
  it('of slices that there are not', async () => {
    const file = await open('uint8.nii');
    expect(() => niftiSlice(file, { index: 2 })).toThrow(
      'uint8.nii has no slice 2 across axis 2 (valid: 0 to 1)',
    );
    expect(() => niftiSlice(file, { index: 0, volume: 1 })).toThrow('has no volume 1');
  });

  it('of files cut off anywhere', async () => {
    for (const name of ['int16.nii', 'second.nii', 'times.nii.gz', 'second.nii.gz']) {
      const whole = read(name);
      for (let length = 0; length < whole.length - 1; length += 13) {
        await expect(openNifti(whole.slice(0, length), 'part')).rejects.toThrow('part');
      }
    }
  });

  it('of sizes, types and bombs, before anything is inflated', async () => {
    const change = (place: number, value: number): Uint8Array => {
      const bytes = read('int16.nii');
      new DataView(bytes.buffer).setInt16(place, value, true);
      return bytes;
    };
    await expect(openNifti(change(42, 30_000), 'x')).rejects.toThrow('x is truncated');
    await expect(openNifti(change(42, -4), 'x')).rejects.toThrow('x has -4x3x2x1x1x1x1 voxels');
    await expect(openNifti(change(40, 9), 'x')).rejects.toThrow('voxels');
    await expect(openNifti(change(70, 128), 'x')).rejects.toThrow(
      'x has voxels of type 128 (valid: uint8, ',
    );
    const large = change(42, 30_000);
    new DataView(large.buffer).setInt16(44, 30_000, true);
    await expect(openNifti(gzipSync(large), 'x')).rejects.toThrow('at most 2147483648 in all');
    const bomb = gzipSync(Buffer.concat([read('int16.nii'), Buffer.alloc(10_000_000)]));
    await expect(openNifti(bomb, 'x')).rejects.toThrow('x cannot be inflated: more than');
  });

  it('of extensions whose lengths run backwards: they are not followed', async () => {
    const bytes = gunzipSync(gzipSync(read('int16.nii')));
    const hostile = Buffer.concat([bytes.subarray(0, 352), Buffer.alloc(32), bytes.subarray(352)]);
    hostile[348] = 1;
    hostile.writeInt32LE(-16, 352);
    hostile.writeFloatLE(384, 108);
    const { values } = niftiSlice(await openNifti(new Uint8Array(hostile), 'x'), { index: 0 });
    expect([...values]).toEqual(expected['int16.nii'].values.slice(0, 12));
  });

  it('of slices of a size that no picture has: read across the wrong axis, say', async () => {
    const { header } = await open('int16.nii');
    const thin = { header: { ...header, shape: [1, 32_767, 1] as const, volumes: 1 }, where: 'x' };
    const bytes = new Uint8Array(2 * 32_767);
    expect(() => niftiSlice({ ...thin, bytes }, { index: 0 })).toThrow(
      'x has 1x32767 pixels, more than 100 to 1',
    );
  });

  it('or results say nothing that the header has in words', async () => {
    const file = await open('int16.nii');
    expect(JSON.stringify([file.header, niftiSlice(file, { index: 0 })])).not.toContain('Geheim');
    expect(Buffer.from(read('int16.nii')).toString('latin1')).toContain('Geheim');
  });
});
