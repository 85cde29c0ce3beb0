import { counterRandom } from '../base/random/counter.ts';
import { hasHead, type ModelCheckpoint } from '../bundle/checkpoint.ts';
import { graphOf } from '../graph/graph.ts';
import { add } from '../graph/ops/binary/ops.ts';
import { input } from '../graph/value.ts';
import type { RawConfig } from '../nn/config.ts';
import { networkFrom } from '../nn/models/networks.ts';
import { withLabels } from '../nn/models/registry.ts';
import { normal, Scope, zeros, type Declarations } from '../nn/scope.ts';
import type { Task } from '../tasks/task.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Batches } from './batches.ts';
import { keptPlaces, lastLayerNotice, withClassesAt } from './last-layer.ts';
import { learn, type LearnOptions } from './learn.ts';
import { stepsOf } from './learning-rate.ts';
import { frozenParameters } from './parameter-options.ts';
import { loudness } from './silence.ts';
import { startingWeights } from './starting-weights.ts';
import type { TrainingRows } from './training-rows.ts';
import type { FineTuning } from './tuning.ts';

export interface FineTuneOptions<Label> extends LearnOptions {
  readonly task: Task<Label>;
  readonly base: ModelCheckpoint;
  readonly labels: readonly string[];
  readonly rows: TrainingRows<Label>;
  /** Whether any row is to be met with silence. Default: false. */
  readonly silences?: boolean;
  readonly seed: number;
}

export interface FineTuned {
  readonly config: RawConfig;
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
}

const place = { head: 11 } as const;

/** Fine-tunes a network on rows. Of locks it knows only that some rows are to be silent. */
export async function fineTune<Label>(options: FineTuneOptions<Label>): Promise<FineTuned> {
  const { task, base, labels, rows, tuning, silences = false, seed } = options;
  const config = withLabels(base.config, labels);
  const network = networkFrom(config, 'config.json');
  const places = keptPlaces(base, labels);
  const isKept = places !== undefined;
  const before = hasHead(base) ? base.network.labels : undefined;
  options.onNotice?.(lastLayerNotice({ before, classes: labels.length, isKept }));
  const { height, width } = base.preprocessor.size;
  const steps = stepsOf(rows.length, tuning);
  const { rowsAtOnce } = steps;

  const isFrozen = frozenParameters(base, tuning);
  const scope = Scope.root({ training: true, isFrozen });
  const x = input('x', 'float32', [rowsAtOnce, network.channels, height, width]);
  const targetShape = task.targetShape(labels.length, base.preprocessor.size);
  const target = input('target', 'float32', [rowsAtOnce, ...targetShape]);
  const taught = input('taught', 'float32', [rowsAtOnce]);
  const { logits, beforeLastRelu } = network.build(scope, x, {
    dropPath: tuning.dropPath,
  });
  const answers = task.loss(logits, target, taught);
  const silent = input('silent', 'float32', [rowsAtOnce]);
  const loss =
    silences && beforeLastRelu ? add(answers, loudness(beforeLastRelu, silent)) : answers;
  const { inputs } = graphOf({ loss });
  const batches = new Batches({
    task,
    rows,
    steps,
    preprocessor: base.preprocessor,
    classes: labels.length,
    augmentation: tuning,
    declared: scope.declared,
    marks: (['taught', 'silent'] as const).filter((mark) => inputs.has(mark)),
    seed,
  });
  const weights = await learn(
    {
      loss,
      declared: scope.declared,
      network,
      isFrozen,
      weights: startingWeights({
        checkpoint: isKept ? { ...base, weights: withClassesAt(base, places) } : base,
        declared: withHead(scope.declared, network.isHead, tuning),
        network,
        keepsHead: isKept,
        random: counterRandom(seed, place.head),
      }),
      steps,
      batch: (step) => batches.at(step),
    },
    options,
  );
  return { config, weights };
}

/** The declarations of a model whose last layer begins as a tuning wants it. */
export function withHead(
  declared: Declarations,
  isHead: (name: string) => boolean,
  { headStd }: FineTuning,
): Declarations {
  if (headStd === undefined) return declared;
  const parameters = [...declared.parameters].map(([name, { shape, init }]) => {
    const first = shape.length > 1 ? normal(headStd) : zeros;
    return [name, { shape, init: isHead(name) ? first : init }] as const;
  });
  return { ...declared, parameters: new Map(parameters) };
}
