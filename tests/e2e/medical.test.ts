import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/bundle/manifest.ts';
import { evaluationDocumentSchema, type EvaluationDocument } from '../../src/evaluate/document.ts';
import { readImage } from '../../src/platform/images.ts';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { secrets, writeDicom, writeNifti } from '../support/medical.ts';
import { makeWorkplace, tiny, type Workplace } from '../support/workplace.ts';

/** Pictures and habits of hospitals: DICOM, NIfTI, patients, few ill among many healthy. */

const key = 'with oil pastel';
const side = 24;

let place: Workplace;
const run = (words: string, ...more: string[]): Promise<Finished> =>
  modellock(command(words, ...more), { cwd: place.folder, key });
const failure = async (words: string, ...more: string[]): Promise<string> => {
  const { code, stderr } = await run(words, ...more);
  expect(code).not.toBe(0);
  // Notices come before.
  return stderr.split('\n').findLast((line) => line.startsWith('modellock: ')) ?? stderr;
};
const json = ({ code, stdout, stderr }: Finished): unknown => {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};
interface Trained {
  readonly images: number;
  readonly measures: Record<string, { value: number; low: number; high: number }>;
  readonly overlap: { duplicates: unknown[]; groups: unknown };
}
const trained = (finished: Finished): Trained => json(finished) as Trained;
const predicted = (finished: Finished): string[] =>
  (json(finished) as { image: string }[]).map(({ image }) => image);

/** Values of a picture that is unlike others. */
const values = (seed: number): number[] =>
  Array.from({ length: side * side }, (_, i) =>
    Math.round(500 + 400 * Math.sin((i % side) / (2 + seed)) + 10 * Math.floor(i / side)),
  );

const patients = 8;
const idOf = (patient: number): string => `PID-47110${patient}`;

function writePatients(): void {
  for (let patient = 0; patient < patients; patient++) {
    for (let picture = 0; picture < 3; picture++) {
      const folder = patient < 6 ? 'healthy' : 'ill';
      const number = 3 * patient + picture;
      writeDicom(place.at('scans', folder, `IM${number}`), {
        patient: idOf(patient),
        width: side,
        height: side,
        values: values(number),
        instance: String(number),
      });
    }
  }
}

/** That nothing which a program wrote says who the patients are. */
function expectNoSecrets(text: string): void {
  for (const secret of [...secrets, 'PID-4711', key]) expect(text).not.toContain(secret);
}

beforeAll(() => {
  place = makeWorkplace();
  writePatients();
});
afterAll(() => place.remove());

describe('DICOM files of patients', () => {
  const data = 'scans --test-share 0.3';
  it('are learnt, split by patient, and scored as hospitals read it', async () => {
    const words = `train --data ${data} --model model --out plain --epochs 1 --class-weights balanced`;
    const { images, measures, overlap } = trained(await run(words, '--json'));
    expect(images % 3).toBe(0);
    expect(overlap).toEqual({ duplicates: [], groups: { count: 0, train: 0, test: 0 } });
    expect(Object.keys(measures)).toEqual([
      'balanced accuracy',
      'macro F1',
      'macro AUROC',
      'sensitivity',
      'specificity',
      'AUROC',
    ]);
    for (const { value, low, high } of Object.values(measures)) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    const scored = await run(`evaluate plain --data ${data} --positive healthy`);
    expect(scored.stdout).toContain('Other measures; positive is healthy');
    expect(scored.stdout).toMatch(/^ill +\d+ +[\d.]+ % \([\d.]+ – [\d.]+\)/m);
  });

  let document: EvaluationDocument;
  it('are locked, and nothing says whose they are', async () => {
    const words = `lock --data ${data} --baseline plain --out locked --keep-work ${tiny.join(' ')}`;
    const finished = await run(words, '--class-weights', 'balanced', '--json');
    expect(json(finished)).toMatchObject({
      bundle: 'locked',
      skipped: [],
      images: expect.any(Number),
    });
    document = evaluationDocumentSchema.parse(json(finished));
    expect(document.positive).toBe('ill');
    expect(document.perClass!.map(({ measures }) => measures!.map(({ name }) => name))).toEqual([
      ['sensitivity', 'specificity', 'AUROC'],
      ['sensitivity', 'specificity', 'AUROC'],
    ]);
    expect(document.measures!.every(({ baseline, up }) => baseline !== null && up !== null)).toBe(
      true,
    );
    expectNoSecrets(finished.stdout + finished.stderr);
    for (const folder of ['locked', 'locked.work', 'plain']) {
      for (const file of place.files(folder)) {
        expectNoSecrets(file + readFileSync(place.at(folder, file), 'latin1'));
      }
    }
    expect(readFileSync(place.at('locked', 'modellock.json'), 'utf8')).toContain(
      '"classWeights": "balanced"',
    );
  });

  it('are evaluated later on the same side, with a report', async () => {
    const finished = await run(`evaluate locked --data ${data} --report report.html --json`);
    const later = evaluationDocumentSchema.parse(json(finished));
    expect([later.n, later.lp, later.up]).toEqual([document.n, document.lp, document.up]);
    expect(later.measures!.map(({ up }) => up)).toEqual(document.measures!.map(({ up }) => up));
    const report = readFileSync(place.at('report.html'), 'utf8');
    expect(report).toContain('Other measures; positive is ill');
    expect(report).toContain('Each class against all others');
    expectNoSecrets(report + finished.stderr);
  });

  it('are predicted and edited one by one', async () => {
    expect(predicted(await run('predict locked scans/ill/IM20 --unlock --json'))).toEqual([
      'scans/ill/IM20',
    ]);
    const edited = await run('edit scans/ill --editor editor --out edited --json');
    expect(trained(edited).images).toBe(6);
    expect(place.files('edited')).toEqual(
      [18, 19, 20, 21, 22, 23].map((number) => `IM${number}.png`),
    );
    const { width, height } = await readImage(place.at('edited', 'IM18.png'));
    expect([width, height]).toEqual([16, 16]);
    expectNoSecrets(edited.stdout + edited.stderr);
  });
});

describe('NIfTI volumes', () => {
  const voxels = Array.from({ length: side * side * 5 }, (_, i) => 100 * Math.sin(i / 7));
  beforeAll(() => writeNifti(place.at('head.nii.gz'), [side, side, 5], voxels));

  it('are predicted slice by slice', async () => {
    const names = async (...more: string[]): Promise<string[]> =>
      predicted(await run('predict plain --json', ...more));
    expect(await names('head.nii.gz', 'head.nii.gz#4')).toEqual(['head.nii.gz#2', 'head.nii.gz#4']);
    expect(await names('head.nii.gz', '--slices', '1-3', '--window', '0,200')).toEqual([
      'head.nii.gz#1',
      'head.nii.gz#2',
      'head.nii.gz#3',
    ]);
    expect(await names('head.nii.gz', '--axis', '0', '--slices', 'all')).toHaveLength(side);
    expect(await failure('predict plain head.nii.gz#5')).toContain(
      'head.nii.gz has no slice 5 across axis 2 (valid: 0 to 4)',
    );
    expect(await failure('predict plain head.nii.gz --window wide')).toContain(
      'Valid: CENTRE,WIDTH with a width above 0, percentile, or file.',
    );
  });

  it('are edited into pictures of their slices', async () => {
    await run('edit head.nii.gz --editor editor --out slices --slices 0-1');
    expect(place.files('slices')).toEqual(['head-0.png', 'head-1.png']);
  });

  it('are listed by a table, slices and all', async () => {
    const rows = [0, 1, 2, 3, 4].map((i) => `head.nii.gz#${i},${i % 2 ? 'gänzlich' : 'größer'}`);
    writeFileSync(place.at('slices.csv'), ['path,label', ...rows].join('\n'));
    const words =
      'train --data slices.csv --model model --out sliced --epochs 1 --window 0,200 --json';
    expect(trained(await run(words)).images).toBe(5);
    const config = JSON.parse(readFileSync(place.at('sliced', 'config.json'), 'utf8')) as {
      id2label: Record<string, string>;
    };
    const manifest = readFileSync(place.at('sliced', 'modellock.json'), 'utf8');
    expect(parseManifest(manifest, '').viewing).toEqual({ window: { centre: 0, width: 200 } });
    expect(Object.values(config.id2label)).toEqual(['größer', 'gänzlich'].sort());
    const { stdout } = await run('predict sliced head.nii.gz --top 2');
    expect(stdout).toMatch(/größer|gänzlich/);
  });

  it('are segmented slice by slice, by the masks of their voxels', async () => {
    const bright = voxels.map((value) => Number(value > 0));
    for (const part of ['train', 'test']) {
      writeNifti(place.at(`volumes/${part}/images/a.nii.gz`), [side, side, 5], voxels);
      writeNifti(place.at(`volumes/${part}/masks/a.nii.gz`), [side, side, 5], bright);
    }
    writeFileSync(place.at('volumes/classes.txt'), 'dark\nbright\n');
    const segment =
      'train --task segmentation --data volumes --model model --slices all --epochs 1 --batch 2 --json';
    expect(trained(await run(`${segment} --out segmenter`)).images).toBe(5);
    const score = await run('evaluate segmenter --data volumes --slices 1-3 --json');
    expect(JSON.parse(score.stdout)).toMatchObject({ task: 'segmentation', n: 3 });
    await run('predict segmenter volumes/test/images/a.nii.gz --slices 0-1 --out seen');
    expect(place.files('seen', 'masks')).toEqual(['a-0.png', 'a-1.png']);
    writeNifti(place.at('volumes/train/masks/a.nii.gz'), [side, side, 5], bright.with(3, 7));
    expect(await failure(`${segment} --out none`)).toContain(
      'volumes/train/masks/a.nii.gz#0 has 7 at (3, 0) (valid: 0 to 1, 255)',
    );
  });
});

describe('what labelling teams send', () => {
  const train = 'train --model model --out out --epochs 1';
  const table = (...lines: string[]): void =>
    writeFileSync(place.at('labels.csv'), ['path,label,split,patient', ...lines].join('\n'));
  const photo = (name: string, number: number): void => {
    mkdirSync(place.at(name, '..'), { recursive: true });
    copyFileSync(place.at('photos', 'train', 'lobster', `00${number}.jpg`), place.at(name));
  };
  beforeAll(() => {
    for (const number of [0, 1, 2, 3]) photo(`pictures/${number}.jpg`, number);
  });

  it('a DICOM file without pixels, and voxels that are no numbers', async () => {
    writeDicom(place.at('bad/a/report.dcm'), { patient: idOf(1), width: 2, height: 2 });
    photo('bad/b/1.jpg', 1);
    const message = await failure(`${train} --data bad`);
    expect(message).toBe(
      'modellock: bad/a/report.dcm is a DICOM file without pixels; --skip-bad leaves such files out',
    );
    writeNifti(place.at('bad/a/head.nii'), [2, 2, 1], [1, NaN, 2, 3]);
    rmSync(place.at('bad/a/report.dcm'));
    expect(await failure(`${train} --data bad`)).toContain(
      'bad/a/head.nii has NaN at (1, 0) of slice 0 across axis 2',
    );
    const filled = await run(`${train} --data bad --fill 0 --json`);
    expect(trained(filled).images).toBe(2);
    rmSync(place.at('out'), { recursive: true });
  });

  it('a table that names a missing file, or has an empty label', async () => {
    table('pictures/0.jpg,a,,', 'pictures/9.jpg,b,,');
    expect(await failure(`${train} --data labels.csv`)).toContain(
      'pictures/9.jpg: there is no such file or folder; --skip-bad leaves such files out',
    );
    table('pictures/0.jpg,a,,', 'pictures/1.jpg,,,');
    expect(await failure(`${train} --data labels.csv`)).toBe(
      'modellock: labels.csv, line 3: there is no label',
    );
  });

  it('a link that leads to itself', async () => {
    photo('linked/a/0.jpg', 0);
    photo('linked/b/1.jpg', 1);
    symlinkSync('loop.jpg', place.at('linked/a/loop.jpg'));
    symlinkSync('..', place.at('linked/a/up'));
    expect(await failure(`${train} --data linked`)).toContain(
      'linked/a/loop.jpg: it is a loop of links; --skip-bad leaves such files out',
    );
  });

  it('a patient on both sides', async () => {
    table(
      'pictures/0.jpg,a,train,PID-47119',
      'pictures/1.jpg,b,train,other',
      'pictures/2.jpg,a,test,PID-47119',
      'pictures/3.jpg,b,test,third',
    );
    const message = await failure(`${train} --data labels.csv`);
    expect(message).toContain('1 group (such as a patient) is on both sides of the split');
    expectNoSecrets(message);
    const finished = await run(`${train} --data labels.csv --allow-shared-groups --json`);
    expect(trained(finished).overlap.groups).toEqual({
      count: 1,
      train: 1,
      test: 1,
    });
    expect(finished.stderr).toContain('modellock: 1 group (such as a patient)');
    rmSync(place.at('out'), { recursive: true });
  });

  it('the same file on both sides', async () => {
    for (const name of ['twice/train/a/0', 'twice/train/b/1', 'twice/test/a/9']) {
      photo(`${name}.jpg`, name.endsWith('1') ? 1 : 0);
    }
    const warning = [
      'modellock: 1 of the test pictures are training pictures as well, so the score promises too much',
      '  twice/train/a/0.jpg (train) = twice/test/a/9.jpg (test)',
    ].join('\n');
    expect((await run(`${train} --data twice`)).stderr).toContain(warning);
    const scored = await run('evaluate out --data twice --json');
    expect(scored.stderr).toContain(warning);
    expect(trained(scored).overlap.duplicates).toHaveLength(1);
  });
});
