import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import { ModelLockError } from '../../base/error.ts';
import { inflateRawNow } from '../../platform/inflate.ts';
import { requireSensibleSize } from '../../tensor/image.ts';
import { transferSyntaxes, type TransferSyntax } from './transfer-syntaxes.ts';

/** A deflated file may not hold more: 1 GiB. */
const maxInflatedBytes = 2 ** 30;

/** How a file's pixels are stored (PS3.3, C.7.6.3). Nothing in it is about a person. */
export interface PixelLayout {
  readonly syntax: TransferSyntax;
  readonly photometric: Photometric;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Samples for each pixel: 1 or 3. */
  readonly channels: number;
  /** Bytes of a sample. */
  readonly sampleBytes: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Whether native pixels come channel after channel. */
  readonly planar: boolean;
}

const photometrics = {
  MONOCHROME1: 1,
  MONOCHROME2: 1,
  'PALETTE COLOR': 1,
  RGB: 3,
  YBR_FULL: 3,
  YBR_FULL_422: 3,
  YBR_RCT: 3,
  YBR_ICT: 3,
} as const;
/** What samples mean, as PS3.3 calls it. */
export type Photometric = keyof typeof photometrics;

export interface DicomFile {
  readonly dataSet: DataSet;
  readonly pixels: Element;
  readonly layout: PixelLayout;
}

/**
 * Throws `data`, naming `where`, for what is no DICOM file or has no pixels; `unsupported` for
 * pixels that are not read.
 */
export function openDicom(bytes: Uint8Array, where: string): DicomFile {
  const dataSet = parsed(bytes, where);
  const pixels = dataSet.elements.x7fe00010;
  if (!pixels) throw new ModelLockError('data', `${where} is a DICOM file without pixels`);
  const layout = layoutOf(dataSet, where);
  requireFrames(layout, pixels, dataSet.byteArray.length, where);
  return { dataSet, pixels, layout };
}

/** Bytes of a frame that is not compressed. */
export function nativeFrameBytes(layout: PixelLayout): number {
  const { width, height, channels, sampleBytes } = layout;
  return width * height * sampleBytes * (isHalved(layout) ? 2 : channels);
}

/** Whether two pixels that are not compressed share their colour differences: four bytes for six. */
export const isHalved = ({ photometric }: PixelLayout): boolean => photometric === 'YBR_FULL_422';

/**
 * Throws `data` unless there is room for as many frames as the tags say: whoever wants all of them
 * lists each before the first is decoded.
 */
function requireFrames(layout: PixelLayout, pixels: Element, bytes: number, where: string): void {
  const { frames, syntax } = layout;
  if (syntax.codec) {
    const fragments = pixels.fragments?.length ?? 0;
    if (frames <= fragments) return;
    throw new ModelLockError(
      'data',
      `${where} has ${frames} frames in ${fragments} fragments, and each needs one`,
    );
  }
  const needed = frames * nativeFrameBytes(layout);
  const found = Math.min(pixels.length, bytes - pixels.dataOffset);
  if (!pixels.encapsulatedPixelData && needed <= found) return;
  throw new ModelLockError(
    'data',
    `${where} is truncated: ${frames} frames need ${needed} bytes, it has ${found}`,
  );
}

function parsed(bytes: Uint8Array, where: string): DataSet {
  try {
    return dicomParser.parseDicom(bytes, {
      inflater: (whole, position) => {
        const inflated = inflateRawNow(whole.subarray(position), maxInflatedBytes, where);
        const all = new Uint8Array(position + inflated.length);
        all.set(whole.subarray(0, position));
        all.set(inflated, position);
        return all;
      },
    });
  } catch (error) {
    if (error instanceof ModelLockError) throw error;
    // What is thrown may carry all tags along, names included; so it becomes no cause.
    throw new ModelLockError('data', `${where} cannot be read as DICOM: ${parserReason(error)}`);
  }
}

/** The parser throws strings, errors, and objects that hold either. */
export function parserReason(thrown: unknown): string {
  const inner = (thrown as { exception?: unknown } | undefined)?.exception ?? thrown;
  const text = inner instanceof Error ? inner.message : inner;
  return typeof text === 'string' ? text.split('\n')[0] : 'it is broken';
}

function layoutOf(dataSet: DataSet, where: string): PixelLayout {
  const uid = dataSet.string('x00020010') ?? '';
  const syntax = transferSyntaxes.get(uid);
  if (!syntax) {
    throw new ModelLockError('unsupported', `${where} has the transfer syntax ${printable(uid)}`, {
      valid: [...new Set([...transferSyntaxes.values()].map(({ name }) => name))],
    });
  }
  const name = dataSet.string('x00280004') ?? '';
  const channels = dataSet.uint16('x00280002') ?? 1;
  if (!isPhotometric(name) || photometrics[name] !== channels) {
    throw new ModelLockError(
      'unsupported',
      `${where} has pixels of ${printable(name)} with ${channels} samples`,
      { valid: Object.keys(photometrics) },
    );
  }
  const bits = dataSet.uint16('x00280100') ?? 0;
  const bitsStored = dataSet.uint16('x00280101') ?? bits;
  const layout: PixelLayout = {
    syntax,
    photometric: name,
    width: dataSet.uint16('x00280011') ?? 0,
    height: dataSet.uint16('x00280010') ?? 0,
    frames: framesOf(dataSet),
    channels,
    sampleBytes: bits / 8,
    bitsStored,
    highBit: dataSet.uint16('x00280102') ?? bitsStored - 1,
    signed: dataSet.uint16('x00280103') === 1,
    planar: dataSet.uint16('x00280006') === 1,
  };
  requireSound(layout, where);
  return layout;
}

/** Many files of one frame leave the number out, or leave its place empty. */
const framesOf = (dataSet: DataSet): number =>
  dataSet.string('x00280008') ? (dataSet.intString('x00280008') ?? NaN) : 1;

function requireSound(layout: PixelLayout, where: string): void {
  const { frames, channels, sampleBytes, bitsStored, highBit } = layout;
  requireSensibleSize(layout, where);
  if (!Number.isInteger(frames) || frames < 1) {
    throw new ModelLockError('data', `${where} has ${frames} frames`);
  }
  const depths = channels === 3 ? [8] : [8, 16];
  if (!depths.includes(sampleBytes * 8)) {
    throw new ModelLockError('unsupported', `${where} has samples of ${sampleBytes * 8} bits`, {
      valid: depths,
    });
  }
  if (bitsStored < 1 || highBit >= sampleBytes * 8 || highBit + 1 < bitsStored) {
    throw new ModelLockError(
      'data',
      `${where} stores ${bitsStored} bits up to bit ${highBit} of ${sampleBytes * 8}`,
    );
  }
}

/** Whether pixels are colours, though they may be single samples. */
export const hasColours = ({ channels, photometric }: PixelLayout): boolean =>
  channels === 3 || photometric === 'PALETTE COLOR';

const isPhotometric = (name: string): name is Photometric => Object.hasOwn(photometrics, name);

/** What a file says, unless it could be anything. */
const printable = (text: string): string => (/^[\w.]{1,64}$/.test(text) ? text : 'another kind');
