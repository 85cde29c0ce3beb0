import {
  hasTextHead,
  readTextClassifier,
  type TextCheckpoint,
} from '../../bundle/text-checkpoint.ts';
import { textPredictionBatch } from '../../bundle/text-predictor.ts';
import type { Resolved } from '../../formats/reference.ts';
import { crossEntropy } from '../../graph/functions/losses.ts';
import { graphOf } from '../../graph/graph.ts';
import { peakBytes } from '../../graph/memory.ts';
import { input } from '../../graph/value.ts';
import { Scope, type Declarations } from '../../nn/scope.ts';
import type { TextClassifierOutput } from '../../nn/models/text-classifier.ts';
import { textTask } from '../../tasks/task.ts';
import { manifestIn } from '../bundle-lock.ts';
import { defaultTunings } from '../tuning.ts';
import type { InputType, Memory, ModelInspection } from './inspection.ts';
import { bytesOfStep, learntCount } from './memory.ts';

/** What a text classifier that was found is. Throws what reading it throws. */
export async function inspectTextModel(found: Resolved): Promise<ModelInspection> {
  const checkpoint = await readTextClassifier(found.folder);
  const { config, classifier, tokenizer, maxTokens } = checkpoint;
  const parameters = learntCount(built(checkpoint, 1, 1).declared);
  const usable = lackOf(checkpoint) ?? true;
  return {
    kind: 'text-classifier',
    reference: found.reference,
    layout: 'a folder of transformers',
    architecture: String(config['model_type']),
    opset: null,
    parameters,
    inputs: ['input_ids', 'attention_mask'].map((name): InputType => ({
      name,
      dtype: 'int64',
      shape: ['batch', 'sequence'],
    })),
    labels: hasTextHead(checkpoint) ? classifier.labels : [],
    preprocessing: null,
    texts: { tokenizer: 'word pieces', vocabulary: tokenizer.size, maxTokens },
    memory: memoryOf(checkpoint, 4 * parameters),
    can: {
      predict: usable,
      evaluate: usable,
      train: true,
      lock: 'locking texts is not there yet',
      export: usable,
      edit: 'it is no editor',
    },
    notes: [],
    manifest: await manifestIn(found),
  };
}

/** Why a model answers nothing as it is, if so. */
function lackOf(checkpoint: TextCheckpoint): string | undefined {
  if (!hasTextHead(checkpoint)) return 'it has no last layer yet; train gives it one';
  const { labels } = checkpoint.classifier;
  return labels.length < 2 ? 'it gives a text one number; train gives it classes' : undefined;
}

interface Built extends Pick<TextClassifierOutput, 'logits'> {
  readonly declared: Declarations;
}

function built(
  { classifier }: TextCheckpoint,
  batch: number,
  length: number,
  training = false,
): Built {
  const scope = Scope.root({ training });
  const ids = input('input_ids', 'int64', [batch, length]);
  const mask = input('attention_mask', 'int64', [batch, length]);
  return { logits: classifier.build(scope, { ids, mask }).logits, declared: scope.declared };
}

/** Memory by the graphs that are run, of texts as long as the model takes. */
function memoryOf(checkpoint: TextCheckpoint, weights: number): Memory {
  const { maxTokens, classifier } = checkpoint;
  const { logits } = built(checkpoint, textPredictionBatch, maxTokens);
  const { batch } = defaultTunings[textTask];
  const taught = built(checkpoint, batch, maxTokens, true);
  const target = input('target', 'float32', [batch, classifier.labels.length]);
  return {
    weights,
    run: { batch: textPredictionBatch, bytes: weights + peakBytes(graphOf({ logits })) },
    trainingStep: {
      batch,
      bytes: bytesOfStep(crossEntropy(taught.logits, target), taught.declared),
    },
  };
}
