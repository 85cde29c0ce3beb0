import { counterRandom } from '../../base/random/counter.ts';
import type { ModelCheckpoint } from '../../bundle/checkpoint.ts';
import { preprocessor } from '../../data/preprocess.ts';
import { preprocessorConfig } from '../../data/preprocessor-config.ts';
import { input } from '../../graph/value.ts';
import type { RawConfig } from '../../nn/config.ts';
import { classifierFrom } from '../../nn/models/registry.ts';
import { initialise, Scope } from '../../nn/scope.ts';

const side = 16;

/** Architectures of two residual blocks each, by `model_type`. */
const configs = {
  resnet: { embedding_size: 4, hidden_sizes: [4, 8], depths: [1, 1], layer_type: 'basic' },
  vit: {
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 16,
    image_size: side,
    patch_size: 8,
  },
} as const satisfies Record<string, RawConfig>;

/** A classifier of pictures of 16x16 pixels with random weights. */
export function tinyCheckpoint(type: keyof typeof configs): ModelCheckpoint {
  const config = { model_type: type, ...configs[type], num_labels: 3 };
  const preprocessorJson = { size: side };
  const network = classifierFrom(config, 'config.json');
  const scope = Scope.root();
  network.build(scope, input('x', 'float32', [1, 3, side, side]));
  return {
    weightsPath: '',
    layout: '',
    notes: [],
    config,
    preprocessorJson,
    network,
    preprocessor: preprocessor(preprocessorConfig.parse(preprocessorJson)),
    weights: initialise(scope.declared, counterRandom(1)),
  };
}
