import { describe, expect, it } from 'vitest';
import { checkedTuning, frozenParameters, parameterOptions } from './parameter-options.ts';
import { tinyCheckpoint } from './testing/tiny-checkpoint.ts';
import { defaultTuning, tunings, type FineTuning } from './tuning.ts';

const vit = tinyCheckpoint('vit');

/** How a tuning treats a parameter of the ViT. */
function treated(tuning: FineTuning, name: string): unknown {
  const options = parameterOptions(vit.network, tuning, frozenParameters(vit, tuning));
  return options(name, vit.weights.get(name)!.shape);
}

describe('parameterOptions', () => {
  it('by default: a faster head, no decay of norms and biases', () => {
    expect(treated(defaultTuning, 'classifier.weight')).toEqual({ learningRate: 3 });
    expect(treated(defaultTuning, 'classifier.bias')).toEqual({ learningRate: 3, weightDecay: 0 });
    expect(treated(defaultTuning, 'vit.layernorm.weight')).toEqual({
      learningRate: 1,
      weightDecay: 0,
    });
    expect(treated(defaultTuning, 'vit.embeddings.cls_token')).toEqual({ learningRate: 1 });
  });

  it('by MAE’s tuning: rates by layer, no decay of embeddings', () => {
    const { mae } = tunings;
    expect(treated(mae, 'classifier.weight')).toEqual({ learningRate: 1 });
    expect(treated(mae, 'vit.encoder.layer.1.output.dense.weight')).toEqual({ learningRate: 0.65 });
    for (const name of ['cls_token', 'position_embeddings']) {
      expect(treated(mae, `vit.embeddings.${name}`)).toEqual({
        learningRate: 0.65 ** 3,
        weightDecay: 0,
      });
    }
    expect(treated(mae, 'vit.embeddings.patch_embeddings.projection.weight')).toEqual({
      learningRate: 0.65 ** 3,
    });
  });

  it('freezes', () => {
    const tuning = { ...defaultTuning, freeze: ['vit.encoder'] };
    expect(treated(tuning, 'vit.encoder.layer.0.output.dense.bias')).toEqual({ learningRate: 0 });
    expect(treated(tuning, 'vit.layernorm.bias')).toMatchObject({ learningRate: 1 });
  });
});

describe('checkedTuning', () => {
  it('passes a tuning on', () => {
    for (const tuning of Object.values(tunings)) expect(checkedTuning(tuning, vit)).toBe(tuning);
  });

  it('names the parts that a frozen name could have', () => {
    expect(() => checkedTuning({ ...defaultTuning, freeze: ['vit.encodr.layer'] }, vit)).toThrow(
      'begins with "vit.encodr.layer" (valid: vit.embeddings, vit.encoder, vit.layernorm)',
    );
  });

  it('refuses parts of a step that are not equal', () => {
    const tuning = { ...defaultTuning, batch: 12, accumulate: 5 };
    expect(() => checkedTuning(tuning, vit)).toThrow(
      '12 pictures of a step cannot be run in 5 equal parts (valid: 1, 2, 3, 4, 6, 12)',
    );
  });

  it('refuses a warm-up that leaves nothing of the training', () => {
    expect(() => checkedTuning({ ...tunings.mae, epochs: 5 }, vit)).toThrow(
      'the learning rate would rise for 5 epochs of 5 (valid: more than 5 epochs)',
    );
  });
});
