import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { openCheckpoint } from '../../bundle/open-checkpoint.ts';
import { Predictor } from '../../bundle/predictor.ts';
import {
  onnxFile,
  waves,
  type TestFile,
  type TestNode,
} from '../../formats/onnx/testing/onnx-file.ts';
import { encodeSafetensors } from '../../formats/safetensors.ts';
import { input } from '../../graph/value.ts';
import { vitMae, vitMaeConfig } from '../../nn/models/vit-mae.ts';
import { initialise, Scope } from '../../nn/scope.ts';
import { int64 } from '../../tensor/tensor.ts';
import { inspectModel } from './model.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspect-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const pooled: readonly TestNode[] = [
  { op: 'Conv', in: ['x', 'stem'], out: ['a'] },
  { op: 'Relu', in: ['a'], out: ['r'] },
  { op: 'GlobalAveragePool', in: ['r'], out: ['p'] },
  { op: 'Flatten', in: ['p'], out: ['f'] },
];
const gemm = (weight: string, out = 'y'): TestNode => ({
  op: 'Gemm',
  in: ['f', weight],
  out: [out],
  attributes: { transB: 1 },
});

async function inspected(file: Pick<TestFile, 'nodes' | 'initializers'>, batch: number | string) {
  const path = join(folder, 'm.onnx');
  const bytes = onnxFile({
    ...file,
    initializers: { stem: waves([4, 3, 1, 1]), ...file.initializers },
    inputs: { x: ['float32', [batch, 3, 8, 8]] },
  });
  await writeFile(path, bytes);
  return { path, ...(await inspectModel(path, { modelOptions: { normalisation } })) };
}

describe('inspectModel', () => {
  it('says all of a file of a fixed batch, which can do everything', async () => {
    const nodes = [...pooled, gemm('w')];
    const { kind, inputs, can } = await inspected({ nodes, initializers: { w: waves([5, 4]) } }, 1);
    expect(kind).toBe('classifier');
    expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [1, 3, 8, 8] }]);
    expect(can).toEqual({
      ...Object.fromEntries(
        ['predict', 'evaluate', 'train', 'lock', 'export'].map((verb) => [verb, true]),
      ),
      edit: 'it is no editor',
    });
  });

  it('says of a fixed batch that cannot be made free why nothing can be done', async () => {
    const nodes = [
      ...pooled.slice(0, 2),
      { op: 'Reshape', in: ['r', 'lost'], out: ['t'] },
      { op: 'ReduceMean', in: ['t'], out: ['f'], attributes: { axes: [0], keepdims: 1 } },
      gemm('w'),
    ];
    const initializers = { w: waves([5, 4]), lost: int64([2], [64, 4]) };
    const { path, kind, can } = await inspected({ nodes, initializers }, 1);
    expect(kind).toBe('network');
    expect(new Set([can.predict, can.train, can.lock])).toEqual(
      new Set([
        `${path} was exported for batches of 1; export it with a free batch axis (dynamic_axes)`,
      ]),
    );
  });

  it('says that two layers can predict, and learn no other classes', async () => {
    const nodes = [
      ...pooled,
      gemm('w', 'one'),
      gemm('w2', 'two'),
      { op: 'Add', in: ['one', 'two'] },
    ];
    const initializers = { w: waves([5, 4]), w2: waves([5, 4], 1) };
    const { labels, can } = await inspected({ nodes, initializers }, 'batch');
    expect(labels).toHaveLength(5);
    expect(can).toMatchObject({ predict: true, evaluate: true, export: true });
    expect(can.train).toBe(
      'for its own classes alone: the output "y" does not come from one layer of weights that other classes could replace',
    );
    expect(can.lock).toBe(can.train);
  });

  it('says that maps of one number choose no class, but can be trained', async () => {
    const nodes = [
      { op: 'Conv', in: ['x', 'w'], out: ['l'], attributes: { pads: [1, 1, 1, 1] } },
      { op: 'Sigmoid', in: ['l'] },
    ];
    const { path, kind, can } = await inspected(
      { nodes, initializers: { w: waves([1, 3, 3, 3]) } },
      1,
    );
    expect(kind).toBe('segmenter');
    expect(can).toMatchObject({ train: true, lock: true });
    expect(can.predict).toBe('it gives each pixel one number; train gives it classes');
    const { checkpoint } = await openCheckpoint(path, { modelOptions: { normalisation } });
    await expect(Predictor.create(checkpoint)).rejects.toThrow(
      `${path} gives each pixel one number, not one for each of two classes or more`,
    );
  });

  it('says that one number for a picture chooses no class, unless there may be several', async () => {
    const initializers = { w: waves([1, 4]) };
    const single = await inspected({ nodes: [...pooled, gemm('w')], initializers }, 'batch');
    expect(single.can).toMatchObject({ train: true, lock: true });
    for (const verb of ['predict', 'evaluate', 'export'] as const) {
      expect(single.can[verb]).toBe('it gives a picture one number; train gives it classes');
    }
    const { checkpoint } = await openCheckpoint(single.path, { modelOptions: { normalisation } });
    await expect(Predictor.create(checkpoint)).rejects.toThrow(
      `${single.path} gives a picture one number, not one for each of two classes or more (valid: train and lock give it another last layer)`,
    );
    const nodes: TestNode[] = [...pooled, gemm('w', 'l'), { op: 'Sigmoid', in: ['l'] }];
    const several = await inspected({ nodes, initializers }, 'batch');
    expect(several.can).toMatchObject({ predict: true, evaluate: true, train: true });
  });

  it('says that ViT-MAE can be trained and locked, and is no classifier yet', async () => {
    const config = {
      model_type: 'vit_mae',
      hidden_size: 4,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 8,
      image_size: 8,
      patch_size: 4,
      decoder_hidden_size: 4,
      decoder_num_hidden_layers: 1,
      decoder_num_attention_heads: 2,
      decoder_intermediate_size: 8,
    };
    const scope = Scope.root();
    vitMae(scope, vitMaeConfig.parse(config), {
      pixels: input('pixels', 'float32', [1, 3, 8, 8]),
      noise: input('noise', 'float32', [1, 4]),
    });
    const weights = encodeSafetensors(initialise(scope.declared, counterRandom(1)));
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify({ size: 8 }));
    await writeFile(join(folder, 'model.safetensors'), weights);
    const { architecture, labels, can, notes } = await inspectModel(folder, {});
    expect({ architecture, labels }).toEqual({ architecture: 'vit', labels: [] });
    expect(notes).toEqual(['model.safetensors is taken without the decoder of its pretraining']);
    expect(can).toMatchObject({ train: true, lock: true });
    expect(can.evaluate).toBe('it has no last layer yet; train gives it one');
  });
});
