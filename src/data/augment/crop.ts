import type { Random } from '../../base/random/random.ts';
import type { RgbImage, Size } from '../../tensor/image.ts';
import type { LabelMap } from '../../tensor/label-map.ts';
import { resizeImage, resizeMap, type Resampling } from '../resize.ts';
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

/** A part of a picture, resized; without a size, to the whole's. */
export function resizedCrop(
  image: RgbImage,
  box: Box,
  resampling: Resampling,
  { width, height }: Size = image,
): RgbImage {
  return resizeImage(cropped(image, box), width, height, resampling);
}

/** The same of a map of classes. */
export const resizedMapCrop = (map: LabelMap, box: Box): LabelMap =>
  resizeMap(cropped(map, box), map);

/** A part of a picture of any number of channels. */
function cropped(image: RgbImage | LabelMap, box: Box): RgbImage {
  const channels = image.data.length / (image.width * image.height);
  const [row, part] = [image.width * channels, box.width * channels];
  const data = new Uint8Array(part * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * row + box.left * channels;
    data.set(image.data.subarray(from, from + part), y * part);
  }
  return { width: box.width, height: box.height, data };
}
