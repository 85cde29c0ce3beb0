import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { openEditor } from '../editors/open.ts';
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
import type { ContactSheet } from './contact-sheet.ts';
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
const prompt = 'with oil pastel';
const wrongPrompt = 'as a stained glass window';

/** Images a decoy is scored on: few, so that the demo is soon done, and three full batches. */
const decoyImages = 96;

const epochs = 11;

/**
 * Locks a classifier of shipped photographs with the embedded editor and backbone, trains one
 * without a lock beside it, and writes what happened as a page. Run again, it goes on.
 */
export async function demo(options: DemoOptions): Promise<DemoResult> {
  const { out, seed = 0, signal, onProgress } = options;
  const data = assetPath('demo');
  const bundle = join(out, 'locked');
  const baseline = join(out, 'unlocked');
  const document = join(out, 'evaluation.json');
  await makeFolder(out);
  await requireSeed([baseline, bundle], seed);
  const common = { data, model: 'pocket', seed, tuning: { epochs }, signal };
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
            editor: 'pocket',
            out: bundle,
            onProgress: named(onProgress, 'train the locked model'),
          })
        ).evaluation
      : await evaluateBundle({ ...measuring, model: bundle, data, onProgress });
    await writeJson(document, evaluation);
  }
  const evaluation = (await readJson(document)) as EvaluationDocument;
  const report = join(out, 'report.html');
  const page = await evaluationReport(evaluation, {
    title: 'Ten classes of photographs',
    contactSheet: await sheetOf(bundle, join(data, 'test'), seed),
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

/** One photograph of some classes: as it is, with the key, with another prompt. */
async function sheetOf(bundle: string, test: string, seed: number): Promise<ContactSheet> {
  const { classes, items } = await readImageFolder(test);
  const chosen = classes
    .slice(0, 6)
    .map((_, label) => stratified(ofClass(items, label), () => label, 1, seed)[0]);
  const paths = chosen.map(({ path }) => path);
  const originals = await readImages(paths);
  const editor = await openEditor('pocket');
  const columns = [
    { role: 'original' },
    { role: 'key' },
    {
      role: 'wrong-key',
      decoy: { kind: 'unrelated', change: null, prompt: wrongPrompt },
    },
  ] as const;
  const keys = [undefined, { prompt }, { prompt: wrongPrompt }];
  const versions = await Promise.all(
    keys.map(async (key) => ({
      images: key ? await editor.edit(originals, key) : originals,
      answers: await predict({ model: bundle, images: paths, key, top: 1 }),
    })),
  );
  await editor.dispose();
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
  return { columns: [...columns], rows };
}

const ofClass = (items: readonly ImageItem[], label: number): ImageItem[] =>
  items.filter((item) => item.label === label);
