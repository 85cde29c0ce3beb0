import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secrets, writeDicom, writeNifti } from '../../tests/support/medical.ts';
import { readDicomValues } from '../formats/dicom/read.ts';
import { encodeImage } from '../platform/images.ts';
import { pictureFilesBelow } from './picture-tree.ts';
import { PictureFiles, type FoundPicture } from './picture-files.ts';
import { pictureStem } from './picture-format.ts';

let root: string;
const at = (name: string): string => join(root, name);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'picture-files-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const square = { width: 2, height: 2 } as const;
const reds = async (picture: FoundPicture): Promise<number[]> =>
  Array.from((await picture.read()).data).filter((_, i) => i % 3 === 0);

describe('DICOM files', () => {
  it('are seen through their own window, or the one that is given', async () => {
    const window = { centre: 100.5, width: 201 };
    writeDicom(at('a.dcm'), { ...square, patient: 'P1', values: [0, 100, 200, 900], window });
    const [own] = await new PictureFiles().open(at('a.dcm'));
    expect(own.path).toBe(at('a.dcm'));
    expect(await reds(own)).toEqual([0, 128, 255, 255]);
    const wide = new PictureFiles({ window: { centre: 450.5, width: 901 } });
    expect(await reds((await wide.open(at('a.dcm')))[0])).toEqual([0, 28, 57, 255]);
  });

  it.each([
    ['bytes', 8, [0, 10, 250, 255], Uint8Array],
    ['words', 16, [0x0000, 0x0aff, 0xfa00, 0xffff], Uint16Array],
    ['bytes in words', 8, [0, 10, 250, 255], Uint16Array],
  ] as const)('have colours by tables of %s', async (_, bits, levels, List) => {
    const tables = [levels, levels.toReversed(), levels].map((table) => List.from(table));
    const palette = { first: 5, bits, tables };
    const path = at('a.dcm');
    writeDicom(path, { ...square, patient: 'P1', values: [0, 6, 8, 90], palette });
    const [picture] = await new PictureFiles().open(path);
    expect([...(await picture.read()).data]).toEqual(
      [
        [0, 255, 0],
        [10, 250, 10],
        [255, 0, 255],
        [255, 0, 255],
      ].flat(),
    );
    await expect(readDicomValues(readFileSync(path), path)).rejects.toThrow('has colours');
    const short = { ...palette, tables: [tables[0], tables[1], tables[2].slice(0, 1)] };
    writeDicom(path, { ...square, patient: 'P1', values: [0, 6, 8, 90], palette: short });
    const bytes = readFileSync(path);
    bytes.writeUInt16LE(9, bytes.indexOf(Buffer.from([0x28, 0, 0x03, 0x11])) + 8);
    writeFileSync(path, bytes);
    const [broken] = await new PictureFiles().open(path);
    await expect(broken.read()).rejects.toThrow('a.dcm has a table of 9 colours in 2 bytes');
  });

  it('of many frames are as many pictures as are wanted', async () => {
    const values = [0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0];
    writeDicom(at('a'), { ...square, patient: 'P1', values, frames: 3 });
    const names = async (files: PictureFiles, name = 'a'): Promise<string[]> =>
      (await files.open(at(name))).map(({ path }) => relative(root, path));
    expect(await names(new PictureFiles())).toEqual(['a#1']);
    expect(await names(new PictureFiles({ slices: 'all' }))).toEqual(['a#0', 'a#1', 'a#2']);
    expect(await names(new PictureFiles({ slices: { first: 1, last: 2 } }))).toEqual([
      'a#1',
      'a#2',
    ]);
    expect(await names(new PictureFiles({ slices: 'all' }), 'a#2')).toEqual(['a#2']);
    const [beyond] = await new PictureFiles({ slices: { first: 2, last: 3 } }).open(at('a'));
    await expect(beyond.read()).rejects.toThrow('has no slices 2 to 3 (valid: 0 to 2)');
    const [none] = await new PictureFiles().open(at('a#3'));
    await expect(none.read()).rejects.toThrow('has no frame 3 (valid: 0 to 2)');
  });

  it('tell whose they are by a pseudonym, the same within one job only', async () => {
    for (const [name, patient] of [
      ['a.dcm', 'PID-1'],
      ['b.dcm', 'PID-1'],
      ['c.dcm', 'PID-2'],
    ]) {
      writeDicom(at(name), { ...square, patient, values: [1, 2, 3, 4] });
    }
    const groups = async (files: PictureFiles): Promise<(string | undefined)[]> =>
      Promise.all(
        ['a.dcm', 'b.dcm', 'c.dcm'].map(async (name) => (await files.open(at(name)))[0].group),
      );
    const [a, b, c] = await groups(new PictureFiles());
    expect([a === b, a === c]).toEqual([true, false]);
    expect(a).not.toContain('PID');
    expect((await groups(new PictureFiles()))[0]).not.toBe(a);
  });

  it('without a patient belong to their study', async () => {
    const values = [1, 2, 3, 4];
    writeDicom(at('a.dcm'), { ...square, patient: '', values });
    writeDicom(at('b.dcm'), { ...square, patient: '', values });
    writeDicom(at('c.dcm'), { ...square, patient: '', values, study: '3333' });
    const files = new PictureFiles();
    const [a, b, c] = await Promise.all(
      ['a.dcm', 'b.dcm', 'c.dcm'].map(async (name) => (await files.open(at(name)))[0].group),
    );
    expect([a === b, a === c]).toEqual([true, false]);
    for (const secret of secrets) expect(a).not.toContain(secret);
  });

  it('of the same pixels have the same content, whatever their headers say', async () => {
    writeDicom(at('a.dcm'), { ...square, patient: 'P1', values: [1, 2, 3, 4], instance: '1' });
    writeDicom(at('b.dcm'), { ...square, patient: 'P2', values: [1, 2, 3, 4], instance: '2' });
    writeDicom(at('c.dcm'), { ...square, patient: 'P1', values: [4, 2, 3, 4], instance: '3' });
    const files = new PictureFiles();
    const [a, b, c] = await Promise.all(
      ['a.dcm', 'b.dcm', 'c.dcm'].map(async (name) => (await files.open(at(name)))[0].content()),
    );
    expect([a === b, a === c]).toEqual([true, false]);
  });

  it('without pixels, or broken, are refused when they are read, without a word about the person', async () => {
    writeDicom(at('a.dcm'), { ...square, patient: 'PID-4711' });
    writeDicom(at('b.dcm'), { ...square, patient: 'PID-4711', values: [1] });
    writeFileSync(at('c.dcm'), 'This is no DICOM.');
    const refusal = async (name: string): Promise<string> => {
      const [picture] = await new PictureFiles().open(at(name));
      return picture.read().then(
        () => '',
        (error: unknown) => `${String(error)} ${JSON.stringify(error)}`,
      );
    };
    expect(await refusal('a.dcm')).toContain('a.dcm is a DICOM file without pixels');
    const [b, c] = [await refusal('b.dcm'), await refusal('c.dcm')];
    expect([b, c]).toEqual([expect.stringContaining('b.dcm'), expect.stringContaining('c.dcm')]);
    for (const secret of [...secrets, 'PID-4711']) expect(b).not.toContain(secret);
  });
});

describe('NIfTI volumes', () => {
  /** Voxel (x, y, z) is x + 10 y + 100 z. */
  const shape = [2, 3, 4] as const;
  const voxels = Array.from(
    { length: 24 },
    (_, i) => (i % 2) + 10 * (Math.floor(i / 2) % 3) + 100 * Math.floor(i / 6),
  );
  const window = { centre: 127.5, width: 255 };

  it('are cut across an axis, at the middle unless told', async () => {
    writeNifti(at('v.nii.gz'), shape, voxels);
    const [middle, ...others] = await new PictureFiles({ window }).open(at('v.nii.gz'));
    expect([relative(root, middle.path), others]).toEqual(['v.nii.gz#2', []]);
    expect(await reds(middle)).toEqual([200, 201, 210, 211, 220, 221]);
    const across = new PictureFiles({ window, axis: 0, slices: 'all' });
    const [, second, ...rest] = await across.open(at('v.nii.gz'));
    expect(rest).toEqual([]);
    expect(await reds(second)).toEqual([1, 11, 21, 101, 111, 121, 201, 211, 221, 255, 255, 255]);
    const [named] = await across.open(at('v.nii.gz#0'));
    expect(await reds(named)).toEqual([0, 10, 20, 100, 110, 120, 200, 210, 220, 255, 255, 255]);
  });

  it('of several times are refused when they are read', async () => {
    writeNifti(at('v.nii'), [2, 3, 2, 2], voxels);
    const [picture] = await new PictureFiles().open(at('v.nii'));
    await expect(picture.read()).rejects.toMatchObject({
      code: 'data',
      message: `${at('v.nii')} has 2 volumes along its fourth axis, and nothing says which one is meant (valid: volume 0 to 1, a file for each)`,
    });
  });

  it('of several times are those of the volume that is chosen', async () => {
    writeNifti(at('v.nii'), [2, 3, 2, 2], voxels);
    const [picture] = await new PictureFiles({ window, volume: 1 }).open(at('v.nii#0'));
    // What a file of that volume alone would have as its first slice.
    writeNifti(at('alone.nii'), [2, 3, 2], voxels.slice(12));
    const [alone] = await new PictureFiles({ window }).open(at('alone.nii#0'));
    expect(await reds(picture)).toEqual(await reds(alone));
    const [none] = await new PictureFiles({ volume: 2 }).open(at('v.nii'));
    await expect(none.read()).rejects.toThrow('has no volume 2 (valid: 0 to 1)');
  });

  it('keep their slices together', async () => {
    writeNifti(at('v.nii'), shape, voxels);
    writeNifti(at('w.nii'), shape, voxels);
    writeNifti(at('flat.nii'), [2, 3, 1], voxels.slice(0, 6));
    const files = new PictureFiles();
    const groups = await Promise.all(
      ['v.nii#0', 'v.nii#3', 'w.nii#0', 'flat.nii'].map(
        async (name) => (await files.open(at(name)))[0].group,
      ),
    );
    expect(groups).toEqual([at('v.nii'), at('v.nii'), at('w.nii'), undefined]);
  });

  it('with holes are refused, with the place, unless something stands for them', async () => {
    writeNifti(at('v.nii'), shape, voxels.with(13, NaN));
    const [picture] = await new PictureFiles({ window }).open(at('v.nii'));
    await expect(picture.read()).rejects.toThrow(
      'v.nii has NaN at (1, 0) of slice 2 across axis 2',
    );
    const [filled] = await new PictureFiles({ window, fill: 7 }).open(at('v.nii'));
    expect(await reds(filled)).toEqual([200, 7, 210, 211, 220, 221]);
  });
});

describe('names', () => {
  it('of files in a folder: by their ending, or DICOM by its first bytes', async () => {
    const dicom = { ...square, patient: 'P1', values: [1, 2, 3, 4] };
    for (const name of ['a.dcm', 'IM0001', 'MR.1.2.IMA', '1.2.840.113619', 'DICOMDIR', '.hidden']) {
      writeDicom(at(name), dicom);
    }
    writeNifti(at('v.nii'), [1, 1, 1], [0]);
    writeFileSync(at('README'), 'x'.repeat(200));
    writeFileSync(at('notes.txt'), '');
    writeFileSync(at('b.png'), await encodeImage({ ...square, data: new Uint8Array(12) }));
    symlinkSync('loop', at('loop'));
    expect((await pictureFilesBelow(root)).map((path) => relative(root, path))).toEqual([
      '1.2.840.113619',
      'IM0001',
      'MR.1.2.IMA',
      'a.dcm',
      'b.png',
      'v.nii',
    ]);
  });

  it('of DICOM files may have any ending', async () => {
    writeDicom(at('x.IMA'), { ...square, patient: 'P1', values: [1, 2, 3, 4] });
    const [picture] = await new PictureFiles().open(at('x.IMA'));
    expect(await reds(picture)).toHaveLength(4);
  });

  it('a file may be called like a slice', async () => {
    writeDicom(at('a#7'), { ...square, patient: 'P1', values: [1, 2, 3, 4] });
    const [picture] = await new PictureFiles().open(at('a#7'));
    expect(relative(root, picture.path)).toBe('a#7');
    expect(await reds(picture)).toHaveLength(4);
  });

  it.each([
    ['a/b.jpg', 'a/b'],
    ['a/scan.nii.gz', 'a/scan'],
    ['a/scan.nii.gz#42', 'a/scan-42'],
    ['a/1.2.840', 'a/1.2.840'],
    ['a/1.2.840#3', 'a/1.2.840-3'],
    ['a.b/IM1', 'a.b/IM1'],
  ])('of what is made of %s: %s', (path, stem) => expect(pictureStem(path)).toBe(stem));
});
