import { ModelLockError } from '../../base/error.ts';
import { predictionBatch } from '../../bundle/predictor.ts';
import type { ModelCheckpoint } from '../../bundle/checkpoint.ts';
import { graphOf } from '../../graph/graph.ts';
import { bytesOf, peakBytes } from '../../graph/memory.ts';
import { input, type Value } from '../../graph/value.ts';
import { Scope, type Declarations } from '../../nn/scope.ts';
import { taskNamed, taskOf } from '../../tasks/registry.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { objectiveOf, trainedParameters } from '../../train/objective.ts';
import { adamW } from '../../train/optimiser.ts';
import { buildStep } from '../../train/step.ts';
import { defaultTuning } from '../tuning.ts';
import type { Memory } from './inspection.ts';

/** Numbers that are learnt, by what a model declares. */
export const learntCount = ({ parameters }: Declarations): number =>
  [...parameters.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** What a model holds and takes. */
export interface Needs {
  readonly declared: Declarations;
  readonly memory: Memory;
  /** Why it cannot be trained, if it cannot. */
  readonly untrainable?: string;
}

type Model = Pick<ModelCheckpoint, 'network' | 'preprocessor' | 'config'>;

/**
 * Memory of a classifier, by the graphs that are run: of a prediction, and of a training step as
 * `train` has it by default.
 */
export function memoryOf(checkpoint: Model): Needs {
  const { network } = checkpoint;
  const scope = Scope.root();
  const { logits } = network.build(scope, picturesOf(checkpoint, predictionBatch));
  const { declared } = scope;
  const weights = 4 * numbersIn(declared);
  const batch = predictionBatch;
  const run = { batch, bytes: weights + peakBytes(graphOf({ logits })) };
  const step = stepOf(checkpoint, defaultTuning.batch);
  return {
    declared,
    memory: { weights, run, trainingStep: 'bytes' in step ? step : null },
    ...('untrainable' in step ? step : {}),
  };
}

type Step = NonNullable<Memory['trainingStep']> | Required<Pick<Needs, 'untrainable'>>;

function stepOf(checkpoint: Model, batch: number): Step {
  try {
    return { batch, bytes: stepBytes(checkpoint, batch) };
  } catch (error) {
    if (!(error instanceof ModelLockError)) throw error;
    return { untrainable: error.message };
  }
}

function picturesOf({ network, preprocessor }: Model, batch: number): Value {
  const { height, width } = preprocessor.size;
  return input('x', 'float32', [batch, network.channels, height, width]);
}

const numbersIn = ({ parameters, buffers }: Declarations): number =>
  [...parameters.values(), ...buffers.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);

function stepBytes(checkpoint: Model, batch: number): number {
  const { network, preprocessor, config } = checkpoint;
  const scope = Scope.root({ training: true });
  const { logits } = network.build(scope, picturesOf(checkpoint, batch));
  const task = taskNamed(taskOf(config));
  const targetShape = task.targetShape(network.labels.length, preprocessor.size);
  const target = input('target', 'float32', [batch, ...targetShape]);
  const loss = task.loss(logits, target, input('taught', 'float32', [batch]));
  return bytesOfStep(loss, scope.declared);
}

/** The state before a step with AdamW, and all that there is while the one after it is made. */
export function bytesOfStep(loss: Value, declared: Declarations): number {
  const objective = objectiveOf(loss, declared);
  const options = { optimiser: adamW({ weightDecay: defaultTuning.weightDecay }), clipNorm: 1 };
  const { graph } = buildStep(objective, trainedParameters(objective, options), options);
  const state = [...graph.parameters.values()].reduce((sum, value) => sum + bytesOf(value), 0);
  return state + peakBytes(graph);
}
