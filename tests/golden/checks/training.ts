import { graphOf } from '../../../src/graph/graph.ts';
import { checkpointedGradients } from '../../../src/graph/autodiff/checkpointing.ts';
import { gradients } from '../../../src/graph/autodiff/gradients.ts';
import { crossEntropy } from '../../../src/graph/functions/losses.ts';
import { resize } from '../../../src/graph/ops/resize/ops.ts';
import { input, parameter, shapeOf, type Value } from '../../../src/graph/value.ts';
import { maeVitLayers } from '../../../src/nn/models/layer-ids.ts';
import { resnet, resnetConfig } from '../../../src/nn/models/resnet.ts';
import { vit, vitConfig } from '../../../src/nn/models/vit.ts';
import { segformerConfig } from '../../../src/nn/models/segformer-encoder.ts';
import { segformer } from '../../../src/nn/models/segformer.ts';
import {
  segmentationUNet,
  segmentationUNetConfig,
} from '../../../src/nn/models/segmentation-unet.ts';
import { Scope } from '../../../src/nn/scope.ts';
import { Session } from '../../../src/runtime/session.ts';
import { tensor, toNumbers, type Tensor } from '../../../src/tensor/tensor.ts';
import { layerDecay } from '../../../src/train/layer-decay.ts';
import { adamW, sgd } from '../../../src/train/optimiser.ts';
import type { StepOptions } from '../../../src/train/objective.ts';
import { Trainer } from '../../../src/train/trainer.ts';
import type { GoldenCase } from '../case.ts';
import { maeVitOf, type MaeShape } from '../mae-config.ts';
import { compute, readWeights } from '../run-model.ts';

type Model = (scope: Scope, x: Value) => { readonly logits: Value };

/** The model of a case, from its configuration. */
const models: Readonly<Record<string, (golden: GoldenCase) => Model>> = {
  vit: (golden) => {
    const config = vitConfig.parse(golden.json('config.json'));
    return (scope, x) => vit(scope, config, x);
  },
  resnet: (golden) => {
    const config = resnetConfig.parse(golden.json('config.json'));
    return (scope, x) => resnet(scope, config, x);
  },
  segformer: (golden) => {
    const config = segformerConfig.parse(golden.json('config.json'));
    return (scope, x) => segformer(scope, config, x);
  },
  unet: (golden) => {
    const config = segmentationUNetConfig.parse(unetShape(golden));
    return (scope, x) => segmentationUNet(scope, config, x);
  },
  'mae-vit': (golden) =>
    maeVitOf({
      ...maeShape(golden),
      ...(golden.has('config.json') ? golden.json<object>('config.json') : {}),
    }),
};

/** What the weights of a MAE case tell of its configuration, which has no file of its own. */
function maeShape(golden: GoldenCase): MaeShape {
  const weights = readWeights(golden.path('model.safetensors'));
  const shape = (name: string): readonly number[] => weights.get(name)!.shape;
  const [width, , patch] = shape('patch_embed.proj.weight');
  const x = golden.tensor('batch0.x');
  const depth = [...weights.keys()].filter((name) => name.endsWith('norm1.weight')).length;
  return {
    image: x.shape[2],
    patch,
    width,
    depth,
    heads: Number(golden.info['heads'] ?? 4),
    ratio: shape('blocks.0.mlp.fc1.weight')[0] / width,
    classes: shape('head.weight')[0],
    global_pool: weights.has('fc_norm.weight'),
  };
}

/** What the weights of a U-Net tell of its configuration, which has no file. */
function unetShape(golden: GoldenCase): object {
  const weights = readWeights(golden.path('model.safetensors'));
  const levels = [...weights.keys()].filter((name) => /^down\.\d+\.0\.weight$/.test(name)).sort();
  return {
    channels: levels.map((name) => weights.get(name)!.shape[0]),
    classes: weights.get('out.weight')!.shape[0],
  };
}

interface Kind {
  readonly options: StepOptions;
  readonly smoothing?: number;
  readonly learningRate: (step: number) => number;
}

const decayed = adamW({ weightDecay: 0.05 });
const always = (lr: number) => (): number => lr;

/** Parameters with the same learning rate and weight decay. */
interface Group {
  readonly names: readonly string[];
  readonly weight_decay: number;
  readonly lr_scale: number;
  readonly layer: number;
}

const groupsOf = (golden: GoldenCase): readonly Group[] =>
  (golden.info['groups'] ?? []) as readonly Group[];

function kinds(golden: GoldenCase): Readonly<Record<string, Kind>> {
  const groups = groupsOf(golden);
  const groupOf = new Map(groups.flatMap((group) => group.names.map((name) => [name, group])));
  const rates = golden.info['learning_rates'] as readonly number[];
  return {
    sgd: { options: { optimiser: sgd() }, learningRate: always(0.05) },
    'sgd-nesterov-decay': {
      options: { optimiser: sgd({ nesterov: true, weightDecay: 1e-4 }) },
      learningRate: always(1e-3),
    },
    adamw: { options: { optimiser: decayed }, learningRate: always(1e-3) },
    'adamw-smooth': {
      options: { optimiser: decayed },
      smoothing: 0.1,
      learningRate: always(1e-3),
    },
    'adamw-clip': { options: { optimiser: decayed, clipNorm: 0.5 }, learningRate: always(1e-3) },
    'adamw-lrd': {
      options: {
        optimiser: decayed,
        parameterOptions: (name) => ({
          learningRate: groupOf.get(name)!.lr_scale,
          weightDecay: groupOf.get(name)!.weight_decay,
        }),
      },
      learningRate: (step) => rates[step],
    },
  };
}

/** Compares the layer of each parameter, and how fast it learns there, with the case's groups. */
function compareLayers(golden: GoldenCase): void {
  const groups = groupsOf(golden);
  const last = Math.max(...groups.map(({ layer }) => layer));
  const decay = groups.find(({ layer }) => layer === last - 1)?.lr_scale ?? 1;
  const layers = maeVitLayers({ depth: last - 1 });
  const factor = layerDecay(layers, decay);
  for (const { names, layer, lr_scale: scale } of groups) {
    for (const name of names) {
      const [actual, rate] = [layers.of(name), factor(name)];
      if (actual !== layer || Math.abs(rate - scale) > 1e-9) {
        golden.fail(`${name} is of layer ${actual}, rate ${rate}; expected ${layer}, ${scale}`);
      }
    }
  }
}

/** Losses, gradients, weights and predictions of every kind of training in the case. */
export async function check(golden: GoldenCase): Promise<void> {
  if (groupsOf(golden).length > 0) compareLayers(golden);
  const model = models[golden.info.case.split('/')[1]](golden);
  for (const name of Object.keys(golden.info['kinds'] as object)) {
    await checkKind(golden, model, name, kinds(golden)[name]);
  }
}

async function checkKind(
  golden: GoldenCase,
  model: Model,
  name: string,
  kind: Kind,
): Promise<void> {
  const weights = readWeights(golden.path('model.safetensors'));
  const x = input('x', 'float32', golden.tensor('batch0.x').shape);
  const labels = input('labels', 'int64', golden.tensor('batch0.labels').shape);
  const scope = Scope.root({ training: true });
  const { logits } = model(scope, x);
  const loss = crossEntropy(asLargeAs(labels, logits), labels, {
    labelSmoothing: kind.smoothing ?? 0,
    ignoreIndex: 255,
  });
  const { parameters, updates } = scope.declared;
  const leaves = new Map(
    [...parameters].map(([parameterName, { shape }]) => [
      parameterName,
      leafOf(loss, parameterName) ?? parameter(parameterName, shape),
    ]),
  );

  if (golden.has(`${name}.grads.safetensors`)) {
    for (const differentiate of [gradients, checkpointedGradients]) {
      await compareGradients(
        golden,
        name,
        differentiate(loss, [...leaves.values()]),
        leaves,
        weights,
      );
    }
  }
  const trainer = await Trainer.create(
    { loss, parameters: leaves, updates },
    kind.options,
    weights,
  );
  const losses: number[] = [];
  for (let step = 0; step < golden.tensor(`${name}.losses`).shape[0]; step++) {
    const batch = {
      x: golden.tensor(`batch${step}.x`),
      labels: golden.tensor(`batch${step}.labels`),
    };
    const result = await trainer.step(batch, kind.learningRate(step));
    losses.push(toNumbers(result['loss'])[0]);
    if (golden.has(`${name}.after${step + 1}.safetensors`)) {
      compareWeights(golden, `${name}.after${step + 1}.safetensors`, trainer.weights());
    }
  }
  golden.compare(`${name}.losses`, tensor('float32', [losses.length], Float32Array.from(losses)));
  const evaluated = model(Scope.root(), x);
  const { out } = await compute({ out: evaluated.logits }, trainer.weights(), {
    x: golden.tensor('batch0.x'),
  });
  golden.compare(`${name}.eval_logits`, out);
  await trainer.dispose();
}

/** Logits of places, [B, C, h, w], as large as their labels [B, H, W]. */
function asLargeAs(labels: Value, logits: Value): Value {
  return logits.shape.length === 4
    ? resize(logits, { size: shapeOf(labels).slice(1), mode: 'linear' })
    : logits;
}

async function compareGradients(
  golden: GoldenCase,
  name: string,
  grads: readonly Value[],
  leaves: ReadonlyMap<string, Value>,
  weights: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const names = [...leaves.keys()];
  const outputs = Object.fromEntries(names.map((leaf, i) => [`grad/${leaf}`, grads[i]]));
  const session = await Session.create(graphOf(outputs));
  const given = Object.fromEntries(
    [...weights].filter(([leaf]) => session.inputNames.includes(leaf)),
  );
  const results = await session.run({
    ...given,
    x: golden.tensor('batch0.x'),
    labels: golden.tensor('batch0.labels'),
  });
  for (const leaf of names)
    golden.compare(leaf, results[`grad/${leaf}`], `${name}.grads.safetensors`);
  await session.dispose();
}

function compareWeights(
  golden: GoldenCase,
  file: string,
  weights: ReadonlyMap<string, Tensor>,
): void {
  for (const name of golden.tensors(file).keys()) {
    const actual = weights.get(name);
    // Counts steps; nothing here depends on it.
    if (name.endsWith('num_batches_tracked')) continue;
    if (actual) golden.compare(name, actual, file);
    else golden.fail(`${file} has "${name}", which the model lacks`);
  }
}

function leafOf(root: Value, name: string): Value | undefined {
  return graphOf({ root }).parameters.get(name);
}
