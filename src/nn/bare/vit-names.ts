import type { StoredTensor, StoredTensors } from '../../formats/stored-tensor.ts';
import { rowsOf } from '../../formats/stored-views.ts';
import type { RawConfig } from '../config.ts';

/** How vision transformers of timm's names are written down here, by what they classify. */

/** What names and shapes tell. */
export interface Anatomy {
  readonly width: number;
  readonly channels: number;
  readonly depth: number;
  readonly patch: number;
  /** Width of the hidden layer of a block. */
  readonly hidden: number;
  readonly qkvBias: boolean;
  /** Tokens before the patches: that of the class, and DeiT's of the teacher. */
  readonly special: 1 | 2;
  /** Patches in a row and in a column. */
  readonly side: number;
  /** null: pretrained without classes. */
  readonly classes: number | null;
}

interface Shaped extends Anatomy {
  readonly size: number;
  readonly heads: number;
}

/** How a kind of vision transformer is written down. */
interface Written {
  readonly config: (shaped: Shaped) => RawConfig;
  /** Under the names that go with it. */
  readonly tensors: (body: StoredTensors) => StoredTensors;
}

/** The fields of transformers' ViTConfig. */
const fields = ({ classes, ...shaped }: Shaped): RawConfig => ({
  hidden_size: shaped.width,
  num_hidden_layers: shaped.depth,
  num_attention_heads: shaped.heads,
  intermediate_size: shaped.hidden,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-6,
  image_size: shaped.size,
  patch_size: shaped.patch,
  num_channels: shaped.channels,
  qkv_bias: shaped.qkvBias,
  ...(classes === null ? {} : { num_labels: classes }),
});

/** The mean of the patches: transformers has no such model, so the names stay. */
export const meanWritten: Written = {
  config: (shaped) => ({ model_type: 'mae_vit', ...fields(shaped) }),
  tensors: (body) => body,
};

export const tokenWritten: Written = {
  config: (shaped) => ({
    model_type: 'vit',
    architectures: ['ViTForImageClassification'],
    ...fields(shaped),
  }),
  tensors: (body) => renamed(body, 'vit', [[/^head\./, 'classifier.']]),
};

export const deitWritten: Written = {
  config: (shaped) => ({
    model_type: 'deit',
    architectures: ['DeiTForImageClassificationWithTeacher'],
    ...fields(shaped),
  }),
  tensors: (body) =>
    renamed(body, 'deit', [
      [/^head\./, 'cls_classifier.'],
      [/^head_dist\./, 'distillation_classifier.'],
    ]),
};

type Renaming = readonly (readonly [from: RegExp, to: string])[];

const inBlock: Renaming = [
  [/^norm1\./, 'layernorm_before.'],
  [/^norm2\./, 'layernorm_after.'],
  [/^attn\.proj\./, 'attention.output.dense.'],
  [/^mlp\.fc1\./, 'intermediate.dense.'],
  [/^mlp\.fc2\./, 'output.dense.'],
];

const outside = (prefix: string): Renaming => [
  [/^cls_token$/, `${prefix}.embeddings.cls_token`],
  [/^dist_token$/, `${prefix}.embeddings.distillation_token`],
  [/^pos_embed$/, `${prefix}.embeddings.position_embeddings`],
  [/^patch_embed\.proj\./, `${prefix}.embeddings.patch_embeddings.projection.`],
  [/^norm\./, `${prefix}.layernorm.`],
];

/** What no rule is about keeps its name. */
function nameBy(rules: Renaming, name: string): string {
  const rule = rules.find(([from]) => from.test(name));
  return rule ? name.replace(...rule) : name;
}

/** Under the names of transformers, which has queries, keys and values apart. */
function renamed(body: StoredTensors, prefix: string, heads: Renaming): StoredTensors {
  const rules = [...outside(prefix), ...heads];
  const entries = [...body].flatMap(([name, stored]): [string, StoredTensor][] => {
    const [, block, rest] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? [];
    if (block === undefined) return [[nameBy(rules, name), stored]];
    const layer = `${prefix}.encoder.layer.${block}`;
    const [, parameter] = /^attn\.qkv\.(weight|bias)$/.exec(rest) ?? [];
    if (parameter === undefined) {
      const inner = nameBy(inBlock, rest);
      return [[inner === rest ? name : `${layer}.${inner}`, stored]];
    }
    const third = stored.shape[0] / 3;
    return ['query', 'key', 'value'].map((part, i) => [
      `${layer}.attention.attention.${part}.${parameter}`,
      rowsOf(stored, i * third, (i + 1) * third),
    ]);
  });
  return new Map(entries);
}
