import dicomParser from 'dicom-parser';
import { ModelLockError } from '../../base/error.ts';
import type { DecodedFrame } from './codecs.ts';
import { isHalved, nativeFrameBytes, parserReason, type DicomFile } from './header.ts';

/**
 * The samples of a frame, little-endian. Throws `data`, naming `where`, for pixels that are broken or
 * too few, `usage` for a frame that there is not.
 */
export async function frameSamples(
  file: DicomFile,
  frame: number,
  where: string,
): Promise<DecodedFrame> {
  const { layout } = file;
  if (!Number.isInteger(frame) || frame < 0 || frame >= layout.frames) {
    throw new ModelLockError('usage', `${where} has no frame ${frame}`, {
      valid: [`0 to ${layout.frames - 1}`],
    });
  }
  const { codec } = layout.syntax;
  if (!codec) return nativeFrame(file, frame, where);
  try {
    return await codec(compressedFrame(file, frame), layout);
  } catch (error) {
    throw new ModelLockError(
      'data',
      `${where}, frame ${frame}, cannot be decoded: ${parserReason(error)}`,
    );
  }
}

function nativeFrame(
  { dataSet, pixels, layout }: DicomFile,
  frame: number,
  where: string,
): DecodedFrame {
  const { width, planar, syntax } = layout;
  const halved = isHalved(layout);
  if (halved && width % 2 === 1) {
    throw new ModelLockError(
      'data',
      `${where} has ${width} columns, whose colours cannot be halved`,
    );
  }
  const length = nativeFrameBytes(layout);
  const all = dataSet.byteArray.subarray(pixels.dataOffset);
  const start = frame * length;
  // Words of two bytes, which may be two samples.
  const turned = syntax.bigEndian && (layout.sampleBytes === 2 || pixels.vr === 'OW');
  const bytes = turned
    ? Uint8Array.from({ length }, (_, i) => all[(start + i) ^ 1])
    : all.slice(start, start + length);
  if (halved) return { bytes: widen422(bytes), planar: false, rgb: false };
  return { bytes, planar, rgb: false };
}

/** From Y, Y, Cb, Cr for two pixels to Y, Cb, Cr for each. */
function widen422(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array((bytes.length / 4) * 6);
  for (let i = 0, o = 0; i < bytes.length; i += 4, o += 6) {
    const [first, second, cb, cr] = bytes.subarray(i, i + 4);
    out.set([first, cb, cr, second, cb, cr], o);
  }
  return out;
}

/** The bytes of a frame, by the table of offsets or, without one, by counting fragments. */
function compressedFrame({ dataSet, pixels, layout }: DicomFile, frame: number): Uint8Array {
  const fragments = pixels.fragments ?? [];
  const offsets = pixels.basicOffsetTable ?? [];
  if (offsets.length > 0) return dicomParser.readEncapsulatedImageFrame(dataSet, pixels, frame);
  const fragmentsOf = (first: number, count: number): Uint8Array =>
    dicomParser.readEncapsulatedPixelDataFromFragments(dataSet, pixels, first, count);
  if (layout.frames === 1) return fragmentsOf(0, fragments.length);
  if (fragments.length === layout.frames) return fragmentsOf(frame, 1);
  // The ends of JPEG streams tell where frames end.
  const found = dicomParser.createJPEGBasicOffsetTable(dataSet, pixels);
  if (found.length !== layout.frames) {
    throw new RangeError(`${found.length} frames are found where its tags say ${layout.frames}`);
  }
  return dicomParser.readEncapsulatedImageFrame(dataSet, pixels, frame, found);
}
