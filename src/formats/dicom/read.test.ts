import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { percentileWindow } from '../intensity/grey.ts';
import { readDicom, readDicomSource, readDicomValues, type DicomOptions } from './read.ts';

const folder = join(import.meta.dirname, 'fixtures');
const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(folder, `${name}.dcm`)));

/** What pydicom reads: all frames one after the other, in the unit of the modality. */
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  number[]
>;

/** What pydicom shows by the tables of grey levels of some, black 0 and white 1. */
const levels = JSON.parse(readFileSync(join(folder, 'levels.json'), 'utf8')) as Record<
  string,
  number[]
>;

const salt = Uint8Array.of(1, 2, 3);
const open = (name: string, options: Partial<DicomOptions> = {}): ReturnType<typeof readDicom> =>
  readDicom(read(name), `${name}.dcm`, { salt, ...options });

/** JPEG's arithmetic is not fixed to the last bit, and colours go through it twice. */
const tolerance: Readonly<Record<string, number>> = {
  jpeg: 1,
  'jpeg-frames': 1,
  'jpeg-colour': 2,
  extended: 1,
  'extended-restarts': 1,
  ybr: 1,
  'ybr-422': 1,
};

const colours = [
  'rgb',
  'rgb-planar',
  'ybr',
  'ybr-422',
  'rle-rgb',
  'j2k-rgb',
  'jls-rgb',
  'lossless-rgb',
  'jpeg-colour',
];
const greys = Object.keys(expected).filter((name) => !colours.includes(name));

function expectNear(found: ArrayLike<number>, wanted: readonly number[], name: string): void {
  expect(found.length).toBe(wanted.length);
  const far = Array.from(found).filter(
    (value, i) => Math.abs(value - wanted[i]) > (tolerance[name] ?? 0),
  );
  expect(far).toEqual([]);
}

describe('the values that pydicom reads', () => {
  it.each(greys)('%s', async (name) => {
    const { source } = await open(name);
    const all: number[] = [];
    for (let frame = 0; frame < source.frames; frame++) {
      const { values, width, height } = await readDicomValues(read(name), name, frame);
      expect(values.length).toBe(width * height);
      all.push(...values);
    }
    expectNear(all, expected[name], name);
  });

  it.each(colours)('%s', async (name) => {
    const { image } = await open(name);
    expectNear(image.data, expected[name], name);
  });
});

describe('files as some devices write them', () => {
  it('have JPEG extended of 8 bits', async () => {
    const bytes = read('jpeg');
    const place = Buffer.from(bytes).indexOf('1.2.840.10008.1.2.4.50');
    bytes.set(Buffer.from('51'), place + '1.2.840.10008.1.2.4.'.length);
    const { values } = await readDicomValues(bytes, 'x.dcm');
    expectNear(values, expected['jpeg'], 'jpeg');
  });

  it('leave the place of the number of frames empty', async () => {
    const bytes = read('frames');
    const place = Buffer.from(bytes).indexOf(Buffer.from([0x28, 0, 0x08, 0, 0x49, 0x53]));
    bytes.fill(0x20, place + 8, place + 8 + bytes[place + 6]);
    expect((await readDicom(bytes, 'x.dcm', { salt })).source.frames).toBe(1);
  });
});

describe('windows', () => {
  const grey = (level: number): number => Math.round(255 * Math.min(Math.max(level, 0), 1));
  const firsts = ({ image }: Awaited<ReturnType<typeof open>>): number[] => {
    const { data } = image;
    for (let i = 0; i < data.length; i += 3) {
      expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]]);
    }
    return Array.from(data).filter((_, i) => i % 3 === 0);
  };
  const linear = (centre: number, width: number) => (value: number) =>
    grey((value - (centre - 0.5)) / (width - 1) + 0.5);

  it('is the first of the file, unless another is given', async () => {
    const values = expected['ct-signed'];
    expect(firsts(await open('ct-signed'))).toEqual(values.map(linear(40, 400)));
    const lung = { centre: -600, width: 1500 };
    expect(firsts(await open('ct-signed', { window: lung }))).toEqual(
      values.map(linear(lung.centre, lung.width)),
    );
    await expect(open('ct-signed', { window: { centre: 0, width: 0 } })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('goes from the 1st to the 99th percentile where the file has none, or where asked', async () => {
    const window = percentileWindow(Float64Array.from(expected.jls));
    expect(firsts(await open('jls'))).toEqual(expected.jls.map((value) => grey(window(value))));
    expect(firsts(await open('ct-signed', { window: 'percentile' }))).not.toEqual(
      firsts(await open('ct-signed')),
    );
  });

  it.each(Object.keys(levels))('is a table where there is one: %s', async (name) => {
    expect(firsts(await open(name))).toEqual(levels[name].map(grey));
    expect(firsts(await open(name, { window: 'percentile' }))).not.toEqual(levels[name].map(grey));
  });

  it('is turned over for MONOCHROME1', async () => {
    const window = percentileWindow(Float64Array.from(expected['mono1-implicit']));
    expect(firsts(await open('mono1-implicit'))).toEqual(
      expected['mono1-implicit'].map((value) => grey(1 - window(value))),
    );
  });

  it('is the frame\u2019s own where frames have their own', async () => {
    const half = expected.enhanced.length / 2;
    expect(firsts(await open('enhanced', { frame: 1 }))).toEqual(
      expected.enhanced.slice(half).map(linear(2000, 900)),
    );
  });
});

describe('nothing tells whose a picture is', () => {
  const secrets = [
    'Geheim',
    'Gertrud',
    'PID-4711',
    '4711',
    '19610213',
    '20190807',
    'Waldesruh',
    '0815',
    'Dora',
    '1.2.826.0.1.3680043.8.498',
  ];

  it('in a result', async () => {
    for (const name of Object.keys(expected)) {
      const result = await open(name);
      // Pixels as text, too: nothing of the header may lie behind them in the same buffer.
      const bytes = Buffer.from(result.image.data.buffer).toString('latin1');
      const text = JSON.stringify(result.source) + bytes;
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
      expect(Object.keys(result).sort()).toEqual(['image', 'source']);
      const known = ['patient', 'study', 'series', 'modality', 'frames'];
      expect(Object.keys(result.source)).toEqual(known);
    }
  });

  it('in an error and its causes', async () => {
    const whole = read('jls');
    for (let length = 140; length < whole.length - 1; length += 41) {
      const error: unknown = await readDicom(whole.slice(0, length), 'x', { salt }).catch(
        (thrown: unknown) => thrown,
      );
      const { message, stack, cause } = error as Error;
      const text = `${message}${stack}${JSON.stringify(cause)}`;
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
  });

  it('and pseudonyms need the salt', async () => {
    const one = (await open('rle')).source;
    expect((await open('jls')).source).toEqual(one);
    expect(one).toMatchObject({ modality: 'CT', frames: 1 });
    const other = (await open('rle', { salt: Uint8Array.of(9) })).source;
    const hashes = [one, other].flatMap(({ patient, study, series }) => [patient, study, series]);
    expect(new Set(hashes).size).toBe(6);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('refusals', () => {
  it('name the file and what is valid', async () => {
    await expect(open('unsupported')).rejects.toThrow(
      'unsupported.dcm has the transfer syntax 1.2.840.10008.1.2.4.92 (valid: uncompressed, RLE, ',
    );
    await expect(open('frames', { frame: 3 })).rejects.toThrow(
      'frames.dcm has no frame 3 (valid: 0 to 2)',
    );
    await expect(readDicom(new Uint8Array(10), 'x.dcm', { salt })).rejects.toThrow(
      'x.dcm cannot be read as DICOM',
    );
    await expect(readDicomValues(read('rgb'), 'c.dcm')).rejects.toThrow('c.dcm has colours');
  });

  it.each(Object.keys(expected))('%s, cut off anywhere', async (name) => {
    const whole = read(name);
    for (const share of [0.3, 0.6, 0.8, 0.9, 0.97]) {
      const part = whole.slice(0, Math.floor(whole.length * share));
      await expect(readDicom(part, 'part.dcm', { salt })).rejects.toMatchObject({
        name: 'ModelLockError',
        message: expect.stringContaining('part.dcm'),
      });
    }
  });

  it('come before what a hostile header asks for is allocated', async () => {
    // Rows and columns of 65535, each an element of its own: tag, VR, length, value.
    for (const name of ['ct-signed', 'j2k', 'jls', 'jpeg', 'rle']) {
      const bytes = read(name);
      for (const element of [0x10, 0x11]) {
        const place = Buffer.from(bytes).indexOf(Buffer.from([0x28, 0, element, 0, 0x55, 0x53]));
        bytes.set([0xff, 0xff], place + 8);
      }
      await expect(readDicom(bytes, 'h.dcm', { salt })).rejects.toThrow('h.dcm has 65535x65535');
    }
  });

  it.each([
    ['frames', 'h.dcm is truncated: 99 frames need '],
    ['rle-frames', 'h.dcm has 99 frames in 2 fragments'],
    ['jpeg-frames', 'h.dcm has 99 frames in '],
  ])('of more frames than there are pixels for: %s', (name, message) => {
    const bytes = read(name);
    // The number of frames is text of an even length.
    const place = Buffer.from(bytes).indexOf(Buffer.from([0x28, 0, 8, 0, 0x49, 0x53, 2, 0]));
    bytes.set(Buffer.from('99'), place + 8);
    expect(() => readDicomSource(bytes, 'h.dcm', salt)).toThrow(message);
  });

  it('of a stream of another size than the tags say', async () => {
    for (const name of ['j2k', 'jls', 'jpeg', 'lossless', 'extended']) {
      const bytes = read(name);
      const place = Buffer.from(bytes).indexOf(Buffer.from([0x28, 0, 0x10, 0, 0x55, 0x53]));
      bytes[place + 8]++;
      await expect(readDicom(bytes, 'h.dcm', { salt })).rejects.toThrow('its tags say');
    }
  });
});

test('a decoder that failed does not spoil the next picture', async () => {
  const bytes = read('jls');
  bytes.fill(0xaa, bytes.length - 200);
  await readDicom(bytes, 'x', { salt }).catch(() => undefined);
  expectNear((await readDicomValues(read('jls'), 'jls')).values, expected.jls, 'jls');
});
