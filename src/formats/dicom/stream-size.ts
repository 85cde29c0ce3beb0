/** Width, height and channels of a compressed frame. */
export interface StreamSize {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** What the header of a JPEG, JPEG-LS or JPEG 2000 stream says; `undefined` where there is none. */
export function streamSize(bytes: Uint8Array): StreamSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes.length >= 4 ? view.getUint32(0) : 0;
  if (start === codestream) return jpeg2000Size(view);
  return start >>> 16 === startOfImage ? jpegSize(view) : undefined;
}

/** Throws a `RangeError` where a stream, or the lack of one, does not agree with the tags. */
export function requireSize(
  found: StreamSize | undefined,
  { width, height, channels }: StreamSize,
): void {
  if (!found) throw new RangeError(broken);
  if (found.width === width && found.height === height && found.channels === channels) return;
  throw new RangeError(
    `its stream has ${found.width}x${found.height}x${found.channels} samples, its tags say ${width}x${height}x${channels}`,
  );
}

/** Why a stream cannot be decoded, where nothing more is known. */
export const broken = 'its pixels are broken';

const startOfImage = 0xffd8;
/** JPEG 2000: the start of a codestream, and the marker of its size right after it. */
const codestream = 0xff4fff51;

/** ISO 15444-1, A.5.1: the far corner, and the offset of the near one. */
function jpeg2000Size(view: DataView): StreamSize | undefined {
  if (view.byteLength < 42) return undefined;
  return {
    width: view.getUint32(8) - view.getUint32(16),
    height: view.getUint32(12) - view.getUint32(20),
    channels: view.getUint16(40),
  };
}

/** Markers of a frame's header: all of C0 to CF but three that are others, and JPEG-LS's. */
export const isFrameHeader = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) || marker === 0xf7;

/** A segment of a JPEG stream: its marker, and where that stands. */
export interface JpegSegment {
  readonly marker: number;
  readonly place: number;
}

/** The segments of a stream, as far as they are sound and have room for a frame's header. */
export function* jpegSegments(view: DataView): Generator<JpegSegment> {
  for (let place = 2; place + 10 <= view.byteLength;) {
    if (view.getUint8(place) !== 0xff) return;
    const marker = view.getUint8(place + 1);
    // Any number of bytes FF may stand before a marker.
    if (marker === 0xff) {
      place++;
      continue;
    }
    yield { marker, place };
    place += 2 + view.getUint16(place + 2);
  }
}

/** Where the header of a JPEG stream's frame stands. */
function frameHeader(view: DataView): number | undefined {
  for (const { marker, place } of jpegSegments(view)) if (isFrameHeader(marker)) return place;
  return undefined;
}

function jpegSize(view: DataView): StreamSize | undefined {
  const place = frameHeader(view);
  if (place === undefined) return undefined;
  return {
    height: view.getUint16(place + 5),
    width: view.getUint16(place + 7),
    channels: view.getUint8(place + 9),
  };
}

/** Whether the header of a JPEG stream speaks of more than 8 bits. */
export function samplesAreDeep(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const place = frameHeader(view);
  return place !== undefined && view.getUint8(place + 4) > 8;
}
