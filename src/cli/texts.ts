import { Option } from '@commander-js/extra-typings';
import {
  ModelLockError,
  predictTexts,
  readText,
  textTask,
  trainTexts,
  type TextPrediction,
  type TrainTextsOptions,
  type TrainTextsResult,
} from '../index.ts';
import { classList, print, printJson, printTraining, reportSkipped } from './output.ts';
import { integer } from './options.ts';
import { withProgress } from './progress.ts';
import { tuningOf, type TuningOptions } from './tuning.ts';

/** What `train` and `predict` do with texts. */

export const maxTokensOption = () =>
  new Option('--max-tokens <n>', 'tokens of a text at most, longer ones are cut')
    .argParser(integer(3, 65_536))
    .default(undefined, 'what the model takes');

export const textOption = () =>
  new Option('--text <text>', 'a text for a text classifier; may be repeated').argParser(
    (text: string, others: string[] | undefined): string[] => [...(others ?? []), text],
  );

export const textsOption = () =>
  new Option('--texts <file>', 'texts for a text classifier, one a line; empty lines are left out');

/** Options that say something of pictures, by their names in a program. */
const ofPictures = {
  images: '--images',
  palette: '--palette',
  ignore: '--ignore',
  mean: '--mean',
  std: '--std',
  inputSize: '--input-size',
  heads: '--heads',
  pooling: '--pooling',
  axis: '--axis',
  volume: '--volume',
  slices: '--slices',
  window: '--window',
  fill: '--fill',
  groupPattern: '--group-pattern',
  labels: '--labels',
  out: '--out',
  editor: '--editor',
  key: '--key',
  keyFile: '--key-file',
  unlock: '--unlock',
} as const;
type OfPictures = keyof typeof ofPictures;

/** Throws `usage` for options that are of pictures. */
function requireNone(given: Partial<Record<OfPictures, unknown>>): void {
  const names = Object.keys(ofPictures) as OfPictures[];
  const name = names.find((option) => given[option] !== undefined);
  if (name === undefined) return;
  throw new ModelLockError('usage', `${ofPictures[name]} is for pictures, not for texts`);
}

/** Throws `usage` for options of texts where a model of pictures is trained. */
export function requireNoTexts({ maxTokens }: { readonly maxTokens?: number | undefined }): void {
  if (maxTokens === undefined) return;
  throw new ModelLockError('usage', `--max-tokens is for --task ${textTask}`);
}

interface TrainTextsArguments
  extends
    Omit<TrainTextsOptions, 'tuning' | 'out'>,
    TuningOptions,
    Partial<Record<Exclude<OfPictures, 'out'>, unknown>> {
  readonly out: string;
  readonly json?: true | undefined;
}

/** `train` with a text classifier. */
export async function trainOnTexts(options: TrainTextsArguments): Promise<void> {
  const { json, out, ...others } = options;
  requireNone(others);
  await withProgress((bar) =>
    trainTexts({
      ...others,
      out,
      tuning: tuningOf(options),
      onProgress: bar.listen,
      onNotice: bar.notice,
      onResult: (result) => {
        bar.stop();
        return show(result, json);
      },
    }),
  );
}

async function show(result: TrainTextsResult, json: true | undefined): Promise<void> {
  reportSkipped(result.skipped, 'lines', 'have no text');
  await (json ? printJson(result) : printTraining(`${result.texts} texts`, result));
}

interface PredictTextsArguments extends Partial<Record<OfPictures, unknown>> {
  readonly text?: readonly string[] | undefined;
  readonly texts?: string | undefined;
  readonly top: number;
  readonly json?: true | undefined;
}

/** `predict` with a text classifier. */
export async function predictOfTexts(
  model: string,
  { text = [], texts, top, json, ...others }: PredictTextsArguments,
  signal: AbortSignal,
): Promise<void> {
  requireNone(others);
  const all = [...text, ...(texts === undefined ? [] : await linesOf(texts))];
  const predictions = await withProgress((bar) =>
    predictTexts({ model, texts: all, top, signal, onProgress: bar.listen, onNotice: bar.notice }),
  );
  if (json) return printJson(predictions);
  for (const prediction of predictions) {
    await print(classList(shortened(prediction), prediction.classes));
  }
}

/** Letters of a text that are printed before its classes. */
const shown = 60;

function shortened({ text }: TextPrediction): string {
  const letters = Array.from(text.trim().replaceAll(/\s+/g, ' '));
  return letters.length > shown ? `${letters.slice(0, shown).join('')}...` : letters.join('');
}

async function linesOf(path: string): Promise<string[]> {
  const lines = (await readText(path)).replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const texts = lines.filter((line) => line.trim() !== '');
  if (texts.length > 0) return texts;
  throw new ModelLockError('data', `${path} has no texts`, { valid: ['a text a line'] });
}
