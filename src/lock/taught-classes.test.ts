import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/sample.ts';
import { filePicture } from '../data/sample.ts';
import { multiLabel } from '../tasks/multi-label.ts';
import { segmentation } from '../tasks/segmentation.ts';
import type { LabelMap } from '../tensor/label-map.ts';
import type { JobOptions } from '../base/job.ts';
import type { Task } from '../tasks/task.ts';
import { requireTaught } from './taught-classes.ts';
import { trainingSet } from './training-set.ts';

const setOf = <Label>(classes: readonly string[], labels: readonly Label[]): Dataset<Label> => ({
  classes,
  samples: labels.map((label, i) => ({
    ...filePicture(`${i}.png`),
    content: () => Promise.resolve(`${i}`),
    stratum: 0,
    label: () => Promise.resolve(label),
  })),
});

const masks = (...values: readonly number[][]): Dataset<LabelMap> =>
  setOf(
    ['background', 'tumour'],
    values.map((data) => ({ width: data.length, height: 1, data: Uint8Array.from(data) })),
  );

/** The same, of pictures that a palette could give more classes. */
const inWhite = ({ classes, samples }: Dataset<LabelMap>): Dataset<LabelMap> => ({
  classes,
  samples: samples.map((sample) => ({ ...sample, ignoresWhite: true })),
});

async function requireIn<Label>(
  task: Task<Label>,
  set: Dataset<Label>,
  job: JobOptions = {},
): Promise<void> {
  requireTaught(task, await trainingSet(task, set, {}), 'D', job);
}

describe('requireTaught', () => {
  it('says which classes are nowhere', async () => {
    const notices: string[] = [];
    const job = { onNotice: (text: string): void => void notices.push(text) };
    await requireIn(segmentation, masks([0, 1], [0, 0]), job);
    expect(notices).toEqual([]);
    const some = setOf(['a', 'b', 'c'], [[0], [0, 1], []]);
    await requireIn(multiLabel, some, job);
    expect(notices).toEqual(['1 of 3 classes are in no training picture: c']);
  });

  it('refuses masks of one class, and says how much is ignored', async () => {
    await expect(requireIn(segmentation, masks([0, 255], [0, 0]))).rejects.toMatchObject({
      code: 'data',
      message:
        'the training masks in D show one class only, "background", and 25.0 % of their pixels are ignored (valid: two classes or more)',
    });
    await expect(requireIn(segmentation, masks([255]))).rejects.toThrow(
      'D show no class, and 100.0 % of',
    );
    await expect(requireIn(segmentation, inWhite(masks([1, 1])))).rejects.toThrow(
      'D show one class only, "tumour" (valid:',
    );
  });

  it('says how what is ignored becomes a class where a palette would be read', async () => {
    await expect(requireIn(segmentation, inWhite(masks([0, 255], [0, 0])))).rejects.toMatchObject({
      code: 'data',
      message:
        'the training masks in D show one class only, "background", and 25.0 % of their pixels are ignored, as 255 always is without a palette; a file palette.txt with a line for each colour, such as "255 255 255 tumour", makes a class of it (valid: two classes or more)',
    });
  });
});
