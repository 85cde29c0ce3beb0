import { tensor, type Tensor } from '../../tensor/tensor.ts';
import type { RgbImage, Size } from '../../tensor/image.ts';
import type { Box } from '../image/box.ts';

/** One mask for each box, [B, 1, H, W]: 1 in it, 0 around it. */
export function masksOf(boxes: readonly Box[], { width, height }: Size): Tensor<'float32'> {
  const data = new Float32Array(boxes.length * width * height);
  for (const [n, { left, top, right, bottom }] of boxes.entries()) {
    for (let y = top; y < bottom; y++) {
      const row = (n * height + y) * width;
      data.fill(1, row + left, row + right);
    }
  }
  return tensor('float32', [boxes.length, 1, height, width], data);
}

/**
 * A picture with what was painted in a box. Around the box it is the picture, byte for byte, although
 * all of it went through the autoencoder; within `ramp` pixels of the box's sides, but for those on
 * the picture's own border, one turns into the other, so that no seam shows.
 *
 * @param painted at least as large as the picture, of which it is the upper left corner.
 */
export function pasted(picture: RgbImage, painted: RgbImage, box: Box, ramp: number): RgbImage {
  const { width, height } = picture;
  const across = weightsAlong(box.left, box.right, width, ramp);
  const down = weightsAlong(box.top, box.bottom, height, ramp);
  const data = picture.data.slice();
  for (let y = box.top; y < Math.min(box.bottom, height); y++) {
    for (let x = box.left; x < Math.min(box.right, width); x++) {
      const weight = across(x) * down(y);
      const [to, from] = [3 * (y * width + x), 3 * (y * painted.width + x)];
      for (let c = 0; c < 3; c++) {
        const old = data[to + c];
        data[to + c] = Math.round(old + weight * (painted.data[from + c] - old));
      }
    }
  }
  return { width, height, data };
}

/** How much of the paint is seen at a place between two sides of a box. */
function weightsAlong(
  from: number,
  to: number,
  length: number,
  ramp: number,
): (place: number) => number {
  const rising = (inside: number): number => Math.min(1, (inside + 0.5) / ramp);
  return (place) =>
    (from === 0 ? 1 : rising(place - from)) * (to >= length ? 1 : rising(to - 1 - place));
}

/** A picture on which a person sees the box: darkened around it, with a white line along its inside. */
export function shown({ width, height, data }: RgbImage, box: Box): RgbImage {
  const [right, bottom] = [Math.min(box.right, width), Math.min(box.bottom, height)];
  const line = Math.max(1, Math.round(Math.min(width, height) / 128));
  const marked = data.slice();
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const inside = Math.min(x - box.left, right - 1 - x, y - box.top, bottom - 1 - y);
    if (inside >= line) continue;
    for (let c = 0; c < 3; c++) marked[3 * i + c] = inside < 0 ? data[3 * i + c] / 3 : 255;
  }
  return { width, height, data: marked };
}
