import { decodeExtendedJpeg } from './extended-jpeg.ts';
import { codestreamOf } from './jp2.ts';
import { sayingRgb } from './jpeg-colours.ts';
import type { JpegPicture } from './jpeg-stream.ts';
import { decodeLosslessJpeg } from './lossless-jpeg.ts';
import { decodeRle } from './rle.ts';
import { broken, requireSize, samplesAreDeep, streamSize, type StreamSize } from './stream-size.ts';

/** A frame as it comes out of a codec. */
export interface DecodedFrame {
  /** Little-endian samples of the sizes that were asked for. */
  readonly bytes: Uint8Array;
  /** Whether they come channel after channel. */
  readonly planar: boolean;
  /** Whether colours are red, green and blue now, whatever they were in the file. */
  readonly rgb: boolean;
}

/** What a frame has to become. */
export interface FrameShape extends StreamSize {
  readonly sampleBytes: number;
  /** What samples mean, by the tags. */
  readonly photometric?: string;
}

/** Undoes the compression of a frame. Throws errors that do not name the file. */
export type Codec = (bytes: Uint8Array, shape: FrameShape) => Promise<DecodedFrame>;

/** What a decoder of WebAssembly says on its console: it throws numbers, or nothing. */
type Lines = string[];

/** Loads a decoder that writes what it has to say into `lines`, not on the console. */
type Load = (lines: Lines) => Promise<new () => FrameDecoder>;

const writingTo = (lines: Lines): ModuleConsole => ({
  print: (line) => void lines.push(line),
  printErr: (line) => void lines.push(line),
});

const loadJpeg: Load = async (lines) => {
  const { default: load } = await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs');
  return (await load(writingTo(lines))).JPEGDecoder;
};

const loadJpegLs: Load = async (lines) => {
  const { default: load } = await import('@cornerstonejs/codec-charls/decodewasmjs');
  return (await load(writingTo(lines))).JpegLSDecoder;
};

const loadJpeg2000: Load = async (lines) => {
  const { default: load } = await import('@cornerstonejs/codec-openjpeg/decodewasmjs');
  return (await load(writingTo(lines))).J2KDecoder;
};

interface WasmCodecOptions {
  /** Whether the decoder makes red, green and blue of other colours. */
  readonly rgb?: boolean;
  /** Bytes to put behind a stream. */
  readonly end?: readonly number[];
  /** What the decoder is given in place of a frame's bytes. */
  readonly prepare?: (bytes: Uint8Array, shape: FrameShape) => Uint8Array;
}

/** A codec whose module is loaded when it is first used. */
function wasmCodec(
  load: Load,
  { rgb = false, end = [], prepare = (bytes) => bytes }: WasmCodecOptions = {},
): Codec {
  const lines: Lines = [];
  let loading: Promise<new () => FrameDecoder> | undefined;
  return async (frameBytes, shape) => {
    const bytes = prepare(frameBytes, shape);
    // The decoder takes what room the stream asks for, so the stream is asked first.
    requireSize(streamSize(bytes), shape);
    const Decoder = await (loading ??= load(lines));
    lines.length = 0;
    const decoder = new Decoder();
    try {
      const frame = decoded(decoder, bytes, end, shape);
      // Streams that end early are decoded as far as they go, which is of no use here.
      if (lines.some((line) => line.includes('[ERROR]'))) throw new RangeError(broken);
      return { ...frame, rgb };
    } catch (error) {
      // What a failed decoder leaves in the module's memory stays there.
      loading = undefined;
      throw error instanceof RangeError ? error : new RangeError(broken, { cause: error });
    } finally {
      decoder.delete();
    }
  };
}

function decoded(
  decoder: FrameDecoder,
  bytes: Uint8Array,
  end: readonly number[],
  shape: FrameShape,
): Omit<DecodedFrame, 'rgb'> {
  const buffer = decoder.getEncodedBuffer(bytes.length + end.length);
  buffer.set(bytes);
  buffer.set(end, bytes.length);
  decoder.decode();
  const { width, height, componentCount, bitsPerSample } = decoder.getFrameInfo();
  requireSize({ width, height, channels: componentCount }, shape);
  const sampleBytes = Math.ceil(bitsPerSample / 8);
  const out = decoder.getDecodedBuffer().slice();
  const samples = width * height * componentCount;
  if (out.length !== samples * sampleBytes) throw new RangeError(broken);
  // Of interleave modes only 0, "none", keeps channels apart.
  const planar = decoder.getInterleaveMode?.() === 0 && componentCount > 1;
  return { bytes: widened(out, sampleBytes, shape.sampleBytes), planar };
}

/** Samples of 8 bits where the file speaks of 16. */
function widened(bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return bytes;
  if (from !== 1 || to !== 2) {
    throw new RangeError(`its samples have ${from * 8} bits, not ${to * 8}`);
  }
  return new Uint8Array(Uint16Array.from(bytes).buffer);
}

/** A codec of our own for samples of any depth; what is not needed of 16 bits is dropped. */
const deepJpeg =
  (decode: (bytes: Uint8Array, size: StreamSize) => JpegPicture): Codec =>
  async (bytes, shape) => {
    const { samples, precision } = decode(bytes, shape);
    if (precision > shape.sampleBytes * 8) {
      throw new RangeError(`its samples have ${precision} bits, not ${shape.sampleBytes * 8}`);
    }
    const out = shape.sampleBytes === 1 ? Uint8Array.from(samples) : new Uint8Array(samples.buffer);
    return { bytes: out, planar: false, rgb: false };
  };

const jpeg = wasmCodec(loadJpeg, {
  rgb: true,
  prepare: (bytes, { photometric }) => (photometric === 'RGB' ? sayingRgb(bytes) : bytes),
});
const extendedJpeg = deepJpeg(decodeExtendedJpeg);

export const codecs = {
  rle: async (bytes, { width, height, channels, sampleBytes }) => ({
    bytes: decodeRle(bytes, width * height, channels, sampleBytes),
    planar: channels > 1,
    rgb: false,
  }),
  jpeg,
  // Of 8 bits or of 12, whatever the tags say.
  extendedJpeg: (bytes, shape) => (samplesAreDeep(bytes) ? extendedJpeg : jpeg)(bytes, shape),
  losslessJpeg: deepJpeg(decodeLosslessJpeg),
  // The decoder looks for the next marker for ever where a stream ends without one.
  jpegLs: wasmCodec(loadJpegLs, { end: [0xff, 0xd9] }),
  jpeg2000: wasmCodec(loadJpeg2000, { prepare: codestreamOf }),
} satisfies Record<string, Codec>;
