import type { RgbImage } from '../../tensor/image.ts';
import type { DecodedFrame } from './codecs.ts';
import type { PixelLayout } from './header.ts';

/** The picture of a frame of three channels of 8 bits. */
export function rgbImage(frame: DecodedFrame, layout: PixelLayout): RgbImage {
  const { width, height, photometric } = layout;
  const data = frame.planar ? interleaved(frame.bytes) : frame.bytes.slice();
  // JPEG 2000 undoes its own transforms (YBR_RCT, YBR_ICT) as it decodes.
  const ybr = photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422';
  if (ybr && !frame.rgb) toRgb(data);
  return { width, height, data };
}

function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = planes.length / 3;
  const data = new Uint8Array(planes.length);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) data[i * 3 + c] = planes[c * pixels + i];
  }
  return data;
}

/** In place, from YBR_FULL (PS3.3, C.7.6.3.1.2), which is JPEG's YCbCr. */
function toRgb(data: Uint8Array): void {
  const level = (value: number): number => Math.min(Math.max(Math.round(value), 0), 255);
  for (let i = 0; i < data.length; i += 3) {
    const y = data[i];
    const cb = data[i + 1] - 128;
    const cr = data[i + 2] - 128;
    data[i] = level(y + 1.402 * cr);
    data[i + 1] = level(y - 0.344136 * cb - 0.714136 * cr);
    data[i + 2] = level(y + 1.772 * cb);
  }
}
