import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import {
  ModelLockError,
  poolings,
  readLabels,
  type ModelOptions,
  type Pooling,
  type TaskName,
} from '../index.ts';
import { integer } from './options.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

type Colours = readonly [number, number, number];

/** One number for all colours, or three. */
function colours(text: string): Colours {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [red, green = red, blue = red] = values;
  if (values.every(Number.isFinite) && (values.length === 1 || values.length === 3)) {
    return [red, green, blue];
  }
  throw new InvalidArgumentError('Valid: NUMBER, or RED,GREEN,BLUE.');
}

export const meanOption = () =>
  new Option(
    '--mean <colours>',
    'for a model that nothing says it of: pictures are (x - mean) / std; one number or three, of colours from 0 to 1, or to 255 where a number is above 1',
  ).argParser(colours);

export const stdOption = () =>
  new Option('--std <colours>', 'goes with --mean').argParser((text: string): Colours => {
    const std = colours(text);
    if (std.every((value) => value > 0)) return std;
    throw new InvalidArgumentError('Valid: numbers above 0.');
  });

function inputSize(text: string): Size {
  const [, across, down = across] = /^(\d{1,4})(?:x(\d{1,4}))?$/.exec(text) ?? [];
  const [width, height] = [Number(across), Number(down)];
  const isValid = (side: number): boolean => side >= 1 && side <= 2048;
  if (isValid(width) && isValid(height)) return { width, height };
  throw new InvalidArgumentError('Valid: N, or WIDTHxHEIGHT, each from 1 to 2048.');
}

export const inputSizeOption = () =>
  new Option(
    '--input-size <n>',
    'pictures as the model sees them, where its files do not say it, or of a segmenter that is trained: WIDTHxHEIGHT, or N for both',
  ).argParser(inputSize);

/** A size for whom it is for: the segmenter that is to be made, or the model that is read. */
export const inputSizesOf = (given: {
  readonly task: TaskName;
  readonly inputSize?: Size | undefined;
}): { readonly inputSize: Size | undefined; readonly size: Size | undefined } =>
  given.task === 'segmentation'
    ? { inputSize: given.inputSize, size: undefined }
    : { inputSize: undefined, size: given.inputSize };

export const headsOption = () =>
  new Option(
    '--heads <n>',
    'heads of attention, of a vision transformer that is weights alone',
  ).argParser(integer(1, 1024));

export const poolingOption = () =>
  new Option(
    '--pooling <what>',
    'what is classified by a vision transformer that is weights alone: its class token, or the mean of its patches',
  ).choices(poolings);

export const labelsOption = () =>
  new Option('--labels <file>', "names of the model's classes: a line each, or a JSON list");

export interface GivenModelOptions {
  readonly mean?: Colours | undefined;
  readonly std?: Colours | undefined;
  readonly inputSize?: Size | undefined;
  readonly heads?: number | undefined;
  readonly pooling?: Pooling | undefined;
  readonly labels?: string | undefined;
}

/** What options say of a model. Throws `usage` for a mean without a deviation. */
export async function modelOptionsOf(given: GivenModelOptions): Promise<ModelOptions> {
  const { mean, std, inputSize: size, heads, pooling, labels } = given;
  if ((mean === undefined) !== (std === undefined)) {
    throw new ModelLockError('usage', '--mean and --std go together');
  }
  return {
    size: size && (size.width === size.height ? size.width : size),
    heads,
    pooling,
    normalisation: mean && std && inUnitRange(mean, std),
    labels: labels === undefined ? undefined : await readLabels(labels),
  };
}

/** Both as of colours in [0, 1]. */
function inUnitRange(mean: Colours, std: Colours): { mean: Colours; std: Colours } {
  const scale = [...mean, ...std].some((value) => Math.abs(value) > 1) ? 255 : 1;
  const scaled = ([red, green, blue]: Colours): Colours => [
    red / scale,
    green / scale,
    blue / scale,
  ];
  return { mean: scaled(mean), std: scaled(std) };
}
