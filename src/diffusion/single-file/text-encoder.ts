import { ModelLockError } from '../../base/error.ts';
import type { StoredTensor, StoredTensors } from '../../formats/stored-tensor.ts';
import { rowsOf, transposed } from '../../formats/stored-views.ts';
import type { RawConfig } from '../../nn/config.ts';
import { Shapes, type OriginalPart, type StoredComponent } from './component.ts';
import { countWhile, Renaming, type NamePair } from './renaming.ts';

/** All text encoders of CLIP have heads of this width. */
const headWidth = 64;

/** A text encoder of OpenAI's CLIP, which the original layout has under the names of transformers. */
export function clipTextOf(part: OriginalPart): StoredComponent {
  const tensors = part.renamed((name) =>
    name.startsWith('text_model.') ? name : `text_model.${name}`,
  );
  return componentOf(tensors, part.where, 'quick_gelu');
}

/**
 * A text encoder of OpenCLIP, whose attention has queries, keys and values in one matrix, and whose
 * projection is transposed.
 */
export function openClipTextOf(part: OriginalPart): StoredComponent {
  const layers = countWhile((i) => part.has(`transformer.resblocks.${i}.ln_1`));
  const names = new Renaming(openClipNames(layers));
  const tensors = new Map<string, StoredTensor>();
  for (const [name, stored] of part.renamed((name) => names.rename(name))) {
    const joined = /^(.+)\.in_proj_(weight|bias)$/.exec(name);
    if (joined) {
      for (const [to, third] of thirds(joined[1], joined[2], stored)) tensors.set(to, third);
    } else {
      tensors.set(name, name === projection ? transposed(stored) : stored);
    }
  }
  return componentOf(tensors, part.where, 'gelu');
}

/** Queries, keys and values: each a third of the rows. */
function thirds(attention: string, kind: string, stored: StoredTensor): [string, StoredTensor][] {
  const width = stored.shape[0] / 3;
  if (!Number.isInteger(width)) {
    const shape = stored.shape.join(', ');
    throw new ModelLockError('corrupt', `${attention}.in_proj_${kind} has shape [${shape}]`);
  }
  return ['q_proj', 'k_proj', 'v_proj'].map((name, i) => [
    `${attention}.${name}.${kind}`,
    rowsOf(stored, i * width, (i + 1) * width),
  ]);
}

const projection = 'text_projection.weight';

const blockLayers: readonly NamePair[] = [
  ['ln_1', 'layer_norm1'],
  ['ln_2', 'layer_norm2'],
  ['mlp.c_fc', 'mlp.fc1'],
  ['mlp.c_proj', 'mlp.fc2'],
  ['attn.out_proj', 'self_attn.out_proj'],
  ['attn.in_proj_weight', 'self_attn.in_proj_weight'],
  ['attn.in_proj_bias', 'self_attn.in_proj_bias'],
];

/** Parameters and modules of OpenCLIP's text encoder, and what transformers call them. */
export function openClipNames(layers: number): NamePair[] {
  return [
    ['token_embedding', 'text_model.embeddings.token_embedding'],
    ['positional_embedding', 'text_model.embeddings.position_embedding.weight'],
    ['ln_final', 'text_model.final_layer_norm'],
    ['text_projection', projection],
    ...Array.from({ length: layers }, (_, i) =>
      blockLayers.map(([from, to]): NamePair => [
        `transformer.resblocks.${i}.${from}`,
        `text_model.encoder.layers.${i}.${to}`,
      ]),
    ).flat(),
  ];
}

function componentOf(tensors: StoredTensors, where: string, activation: string): StoredComponent {
  const shapes = new Shapes(tensors, where);
  const width = shapes.size('text_model.embeddings.token_embedding', 1);
  if (width % headWidth !== 0) {
    shapes.fail(`has ${width} channels, which are no heads of ${headWidth}`);
  }
  const hasProjection = shapes.has('text_projection');
  const config: RawConfig = {
    architectures: [hasProjection ? 'CLIPTextModelWithProjection' : 'CLIPTextModel'],
    model_type: 'clip_text_model',
    vocab_size: shapes.size('text_model.embeddings.token_embedding', 0),
    max_position_embeddings: shapes.size('text_model.embeddings.position_embedding', 0),
    hidden_size: width,
    intermediate_size: shapes.size('text_model.encoder.layers.0.mlp.fc1', 0),
    num_hidden_layers: countWhile((i) => shapes.has(`text_model.encoder.layers.${i}.layer_norm1`)),
    num_attention_heads: width / headWidth,
    hidden_act: activation,
    ...(hasProjection ? { projection_dim: shapes.size('text_projection', 0) } : {}),
  };
  return { config, tensors };
}
