import type { Random } from '../../base/random/random.ts';
import type { RgbImage } from '../../tensor/image.ts';
import { resizeImage, type Resampling } from '../resize.ts';
import { drawBox, type Box, type BoxRanges } from './box.ts';

/** Crops as torchvision's RandomResizedCrop and timm draw them (arXiv 1409.4842). */
export const inceptionCrop: BoxRanges = { area: [0.08, 1], aspect: [3 / 4, 4 / 3] };

/** The part of a picture that is looked at. Where no random one fits, the largest in its middle. */
export function drawCrop(width: number, height: number, ranges: BoxRanges, random: Random): Box {
  return drawBox(width, height, ranges, random) ?? centre(width, height, ranges);
}

function centre(width: number, height: number, { aspect: [low, high] }: BoxRanges): Box {
  const w = Math.min(width, Math.round(height * high));
  const h = Math.min(height, Math.round(width / low));
  return {
    left: Math.floor((width - w) / 2),
    top: Math.floor((height - h) / 2),
    width: w,
    height: h,
  };
}

/** A part of a picture, resized to the size of the whole. */
export function resizedCrop(
  { width, height, data }: RgbImage,
  box: Box,
  resampling: Resampling,
): RgbImage {
  const part = new Uint8Array(box.width * box.height * 3);
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * width + box.left) * 3;
    part.set(data.subarray(from, from + box.width * 3), y * box.width * 3);
  }
  return resizeImage(
    { width: box.width, height: box.height, data: part },
    width,
    height,
    resampling,
  );
}
