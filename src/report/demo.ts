import { ModelLockError } from '../base/error.ts';
import { resumable, type JobOptions } from '../base/job.ts';
import { owning } from '../base/dispose.ts';
import type { ImageEditor } from '../editors/image/editor.ts';
import { openEditor } from '../editors/open.ts';
import { promptReading } from '../editors/prompt-reading.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import { stratified } from '../data/draw.ts';
import { readImageFolder, type ImageItem } from '../data/image-folder.ts';
import { assetPath } from '../platform/assets.ts';
import { join, makeFolder, writeAtomic, writeJson, exists, readJson } from '../platform/files.ts';
import { encodeImage, readImages } from '../platform/images.ts';
import { openModel } from '../lock/bundle-lock.ts';
import { evaluateBundle } from '../lock/evaluate-bundle.ts';
import { lock } from '../lock/lock.ts';
import { predict } from '../lock/predict.ts';
import { train } from '../lock/train.ts';
import { evaluationDecoys, type Decoy } from '../key/decoys/decoys.ts';
import { keyedSeed, type Key } from '../key/key.ts';
import type { ContactColumn, ContactSheet } from './contact-sheet.ts';
import { evaluationReport } from './evaluation-report.ts';

export interface DemoOptions extends JobOptions {
  /** Folder of the two models and the page. */
  readonly out: string;
  readonly seed?: number;
}

export interface DemoResult {
  readonly evaluation: EvaluationDocument;
  /** The page to look at. */
  readonly report: string;
  /** The locked model. */
  readonly bundle: string;
}

/** The demo's key is no secret: it stands here. */
const prompt = 'as a watercolor painting';
const wrongPrompt = 'as a stained glass window';

/** What the demo is made of. */
export interface DemoParts {
  /** An image folder with `train` and `test` in it. */
  readonly data: string;
  readonly model: string;
  readonly editor: string;
  /** Most images to train on. */
  readonly limit: number;
  readonly epochs: number;
  /** Images a decoy is scored on. */
  readonly decoyImages: number;
}

/**
 * Locks a classifier of shipped photographs with the embedded editor and backbone, trains one
 * without a lock beside it, and writes what happened as a page. Run again, it goes on.
 */
export const demo = (options: DemoOptions): Promise<DemoResult> =>
  demoOf(
    {
      data: assetPath('demo'),
      model: 'pocket',
      editor: 'pocket',
      // Little of each, so that the demo is soon done: a lock closes with the steps it gets, and of
      // fewer photographs fewer have to be edited.
      limit: 1000,
      epochs: 10,
      // Two full batches.
      decoyImages: 64,
    },
    options,
  );

/** The same of other parts. */
export const demoOf = (parts: DemoParts, options: DemoOptions): Promise<DemoResult> =>
  resumable(() => inFolder(parts, options));

async function inFolder(parts: DemoParts, options: DemoOptions): Promise<DemoResult> {
  const { data, model, editor, limit, epochs, decoyImages } = parts;
  const { out, seed = 0, signal, onProgress } = options;
  const bundle = join(out, 'locked');
  const baseline = join(out, 'unlocked');
  const document = join(out, 'evaluation.json');
  await makeFolder(out);
  await requireSeed([baseline, bundle], seed);
  const common = { data, model, limit, seed, tuning: { epochs }, signal };
  if (await isUnfinished(baseline)) {
    await train({ ...common, out: baseline, onProgress: named(onProgress, 'train a plain model') });
  }
  if (!(await exists(document))) {
    const measuring = { key: { prompt }, baseline, decoyImages, seed, signal };
    const evaluation = (await isUnfinished(bundle))
      ? (
          await lock({
            ...common,
            ...measuring,
            editor,
            out: bundle,
            onProgress: named(onProgress, 'train the locked model'),
          })
        ).evaluation
      : await evaluateBundle({ ...measuring, model: bundle, editor, data, onProgress });
    await writeJson(document, evaluation);
  }
  const evaluation = (await readJson(document)) as EvaluationDocument;
  const report = join(out, 'report.html');
  const page = await evaluationReport(evaluation, {
    title: 'Ten classes of photographs',
    contactSheet: await sheetOf(bundle, editor, join(data, 'test'), seed),
    facts: [
      ['Photographs', 'Tiny ImageNet, ten classes that nothing here was pretrained on'],
      ['Model', 'the pocket backbone, a small ResNet'],
      ['Editor', 'the pocket editor, a small InstructPix2Pix'],
      ['Key', `"${prompt}", which a real lock would keep to itself`],
    ],
  });
  await writeAtomic(report, page);
  return { evaluation, report, bundle };
}

/** Throws `usage` where a model of an earlier demo in the same folder was made with another seed. */
async function requireSeed(models: readonly string[], seed: number): Promise<void> {
  for (const model of models) {
    const { manifest } = (await exists(model)) ? await openModel(model) : { manifest: null };
    if (!manifest || manifest.training.seed === seed) continue;
    throw new ModelLockError(
      'usage',
      `${model} is of a demo with seed ${manifest.training.seed}; give another --out for seed ${seed}`,
    );
  }
}

/** Whether a job has still something to do, be it to remove its work. */
const isUnfinished = async (out: string): Promise<boolean> =>
  !(await exists(out)) || (await exists(`${out}.work`));

/** Gives the training its own name, so that the two can be told apart. */
function named(
  onProgress: JobOptions['onProgress'],
  stage: string,
): NonNullable<JobOptions['onProgress']> {
  return (event) => onProgress?.(event.stage === 'train' ? { ...event, stage } : event);
}

/** One photograph of some classes: as it is, with the key, with another prompt, with a near miss. */
async function sheetOf(
  bundle: string,
  reference: string,
  test: string,
  seed: number,
): Promise<ContactSheet> {
  const { classes, items } = await readImageFolder(test);
  const chosen = classes
    .slice(0, 6)
    .map((_, label) => stratified(ofClass(items, label), () => label, 1, seed)[0]);
  const paths = chosen.map(({ path }) => path);
  const originals = await readImages(paths);
  const versions = await owning(async (own) => {
    const editor = own(await openEditor(reference));
    const shown: readonly (readonly [ContactColumn, Key?])[] = [
      [{ role: 'original' }],
      [{ role: 'key' }, { prompt }],
      ...(await wrongKeysShown(editor, seed)).map(
        (decoy) => [{ role: 'wrong-key', decoy }, { prompt: decoy.prompt }] as const,
      ),
    ];
    return Promise.all(
      shown.map(async ([column, key]) => ({
        column,
        images: key ? await editor.edit(originals, key) : originals,
        answers: await predict({
          model: bundle,
          images: paths,
          ...(key ? { key, editor: reference } : {}),
          top: 1,
        }),
      })),
    );
  });
  const rows = await Promise.all(
    chosen.map(async ({ label }, i) => ({
      label: classes[label],
      cells: await Promise.all(
        versions.map(async ({ images, answers }) => ({
          png: await encodeImage(images[i]),
          answer: answers[i].classes[0].label,
        })),
      ),
    })),
  );
  return { columns: versions.map(({ column }) => column), rows };
}

/** A prompt that has nothing to do with the key, and one of those measured that are a word away from it. */
async function wrongKeysShown(editor: ImageEditor, seed: number): Promise<Decoy[]> {
  const { same } = promptReading(editor);
  const decoys = evaluationDecoys(prompt, same, await keyedSeed({ prompt }, seed));
  return [
    { kind: 'unrelated', change: null, prompt: wrongPrompt },
    ...decoys.filter(({ change }) => change === 'word changed').slice(0, 1),
  ];
}

const ofClass = (items: readonly ImageItem[], label: number): ImageItem[] =>
  items.filter((item) => item.label === label);
