import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import dicomParser from 'dicom-parser';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { codecs, type FrameShape } from './codecs.ts';
import { openDicom } from './header.ts';
import { decodeRle } from './rle.ts';
import { streamSize } from './stream-size.ts';

const names = [
  'rle',
  'rle-rgb',
  'jpeg',
  'jpeg-colour',
  'jls',
  'jls-rgb',
  'j2k',
  'j2k-rgb',
  'lossless',
  'lossless-rgb',
  'lossless-5',
  'extended',
  'extended-restarts',
];

interface Frame {
  readonly stream: Uint8Array;
  readonly shape: FrameShape;
  readonly decode: (bytes: Uint8Array) => Promise<{ readonly bytes: Uint8Array }>;
}

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', `${name}.dcm`);

function frameOf(name: string): Frame {
  const { dataSet, pixels, layout } = openDicom(new Uint8Array(readFileSync(fixture(name))), name);
  return {
    stream: Uint8Array.from(
      dicomParser.readEncapsulatedPixelDataFromFragments(dataSet, pixels, 0, 1),
    ),
    shape: layout,
    decode: (bytes) => layout.syntax.codec!(bytes, layout),
  };
}

describe.each(names)('the codec of %s', (name) => {
  const { stream, shape, decode } = frameOf(name);
  const { width, height, channels, sampleBytes } = shape;
  const length = width * height * channels * sampleBytes;

  it('gives as many bytes as the tags say', async () => {
    expect((await decode(stream)).bytes).toHaveLength(length);
  });

  it('refuses a stream that ends in its first half, and decodes again after it', async () => {
    const whole = (await decode(stream)).bytes;
    for (let end = 0; end < stream.length / 2; end += 1 + Math.floor(stream.length / 12)) {
      await expect(decode(stream.slice(0, end))).rejects.toBeInstanceOf(RangeError);
    }
    expect((await decode(stream)).bytes).toEqual(whole);
  });

  it('refuses broken streams or decodes them into as many bytes, and never hangs', async () => {
    const place = fc.integer({ min: 0, max: stream.length - 1 });
    const changes = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const broken = stream.slice();
        for (const [at, value] of list) broken[at] = value;
        const out = await decode(broken).catch((error: unknown) => error);
        if (out instanceof Error) expect(out).toBeInstanceOf(RangeError);
        else expect((out as { bytes: Uint8Array }).bytes).toHaveLength(length);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a stream of lossless JPEG', () => {
  const { stream, decode } = frameOf('lossless');
  const at = Buffer.from(stream).indexOf(Buffer.from([0xff, 0xc3]));
  const header = stream.slice(at, at + 2 + stream[at + 3]);
  const beforeHeader = (...segments: Uint8Array[]): Uint8Array =>
    Buffer.concat([stream.subarray(0, at), ...segments, stream.subarray(at)]);

  it('has one header, and a lossless one', async () => {
    await expect(decode(beforeHeader(header))).rejects.toThrow('its stream has two headers');
    const other = header.slice();
    other[1] = 0xc1;
    await expect(decode(beforeHeader(other))).rejects.toThrow('no header of a lossless picture');
  });

  it('is of the size that the tags say, whatever a header before it does', async () => {
    const changed = stream.slice();
    changed.set([0, 1, 0, 1], at + 5);
    const other = header.slice();
    other[1] = 0xc1;
    const hostile = Buffer.concat([changed.subarray(0, at), other, changed.subarray(at)]);
    await expect(decode(hostile)).rejects.toThrow('no header of a lossless picture');
    await expect(decode(changed)).rejects.toThrow('its stream has 1x1x1 samples, its tags say');
  });
});

describe('a stream of extended JPEG', () => {
  const { stream, decode } = frameOf('extended');
  const at = Buffer.from(stream).indexOf(Buffer.from([0xff, 0xc1]));

  it('is refused without its table, with another process, or with colours', async () => {
    const withByte = (place: number, value: number): Uint8Array => {
      const changed = stream.slice();
      changed[place] = value;
      return changed;
    };
    await expect(decode(withByte(at + 1, 0xc2))).rejects.toThrow(
      'no header of an extended picture',
    );
    await expect(decode(withByte(at + 12, 1))).rejects.toThrow('a table is missing');
    const file = openDicom(new Uint8Array(readFileSync(fixture('extended'))), 'extended');
    const colours = { ...file.layout, channels: 3 };
    const header = stream.slice(at, at + 2 + stream[at + 3]);
    const three = Buffer.concat([header, Uint8Array.of(2, 0x11, 0, 3, 0x11, 0)]);
    three[3] += 6;
    three[9] = 3;
    const rest = stream.subarray(at + header.length);
    const coloured = Buffer.concat([stream.subarray(0, at), three, rest]);
    await expect(codecs.extendedJpeg(coloured, colours)).rejects.toThrow('colours of more than 8');
  });
});

describe('a JPEG stream without a word on its colours', () => {
  /** [y, cb, cr] of one colour, as it is stored: of a plain one JPEG loses next to nothing. */
  async function decodedColour(chromaSubsampling: string, photometric: string): Promise<number[]> {
    const picture = { width: 16, height: 16, channels: 3, background: '#2050d0' } as const;
    const jpeg = await sharp({ create: picture })
      .jpeg({ chromaSubsampling, quality: 100 })
      .toBuffer();
    // sharp writes no marker before the tables.
    expect(jpeg.readUInt16BE(2)).toBe(0xffdb);
    const { bytes } = await codecs.jpeg(jpeg, { ...picture, sampleBytes: 1, photometric });
    return [...bytes.subarray(0, 3)];
  }
  const rgb = [0x20, 0x50, 0xd0];
  const ycc = [80, 200, 94];
  const near = (actual: readonly number[], expected: readonly number[]): void =>
    actual.forEach((value, c) => expect(Math.abs(value - expected[c])).toBeLessThan(3));

  it('has those that the tags say', async () => {
    near(await decodedColour('4:4:4', 'YBR_FULL'), rgb);
    near(await decodedColour('4:4:4', 'RGB'), ycc);
  });

  it('has YCbCr where they are halved, whatever the tags say', async () => {
    near(await decodedColour('4:2:0', 'RGB'), rgb);
  });
});

it('a JP2 file in the place of its codestream is decoded', async () => {
  const { stream, decode } = frameOf('j2k-rgb');
  const box = (type: string, ...content: Uint8Array[]): Buffer => {
    const body = Buffer.concat(content);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + body.length);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const boxes = [
    box('jP  ', Uint8Array.of(0x0d, 0x0a, 0x87, 0x0a)),
    box('jp2h', new Uint8Array(9)),
  ];
  const { bytes } = await decode(stream);
  expect((await decode(Buffer.concat([...boxes, box('jp2c', stream)]))).bytes).toEqual(bytes);
  const open = box('jp2c', stream);
  open.writeUInt32BE(0);
  expect((await decode(Buffer.concat([...boxes, open]))).bytes).toEqual(bytes);
  await expect(decode(Buffer.concat(boxes))).rejects.toBeInstanceOf(RangeError);
});

describe('streamSize', () => {
  it.each(names.filter((name) => !name.startsWith('rle')))('reads %s', (name) => {
    const { stream, shape } = frameOf(name);
    const { width, height, channels } = shape;
    expect(streamSize(stream)).toEqual({ width, height, channels });
  });

  it('finds nothing in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 60 }), (bytes) => {
        bytes[0] = 0;
        expect(streamSize(bytes)).toBeUndefined();
      }),
      { examples: [[new Uint8Array(2)]] },
    );
  });
});

describe('decodeRle', () => {
  it('reads literals, repeats and no operations, the highest byte first', () => {
    const header = new Uint8Array(64);
    new DataView(header.buffer).setUint32(0, 2, true);
    new DataView(header.buffer).setUint32(4, 64, true);
    new DataView(header.buffer).setUint32(8, 68, true);
    // High bytes: 1, 1, 1. Low bytes: 7, 8, then no operation, 9.
    const bytes = Uint8Array.from([...header, 254, 1, 128, 128, 1, 7, 8, 128, 0, 9]);
    expect([...decodeRle(bytes, 3, 1, 2)]).toEqual([7, 1, 8, 1, 9, 1]);
    expect(() => decodeRle(bytes.subarray(0, 72), 3, 1, 2)).toThrow('before the picture does');
    expect(() => decodeRle(bytes, 3, 3, 1)).toThrow('do not have 3 segments');
    bytes[8] = 200;
    expect(() => decodeRle(bytes, 3, 1, 2)).toThrow('outside the frame');
  });
});
