import type { RawConfig } from '../../nn/config.ts';
import { Shapes, type OriginalPart, type StoredComponent } from './component.ts';
import { countWhile, Renaming } from './renaming.ts';
import { layoutOfOriginal, unetNames, type UnetLayout } from './unet-names.ts';

/** Where projections are linear, heads have this width; elsewhere there are `convolutionalHeads`. */
const headWidth = 64;
const convolutionalHeads = 8;

/** A U-Net in the original layout as diffusers has it. */
export function unetOf(part: OriginalPart): StoredComponent {
  const layout = layoutOfOriginal(part.has);
  const names = new Renaming(unetNames(layout));
  const tensors = part.renamed((name) => names.rename(name));
  return { config: configOf(new Shapes(tensors, part.where), layout), tensors };
}

/**
 * What the shapes of a U-Net say about it. Numbers of heads, groups and the like leave no trace in
 * shapes; they are those of the Stable Diffusion family, all of whose networks agree in them.
 */
function configOf(shapes: Shapes, { down, up }: UnetLayout): RawConfig {
  const mirrored = [...up].reverse();
  if (
    down.length !== up.length ||
    down.some(({ layers }, level) => mirrored[level].layers !== layers + 1)
  ) {
    shapes.fail('has other numbers of layers on its way up than on its way down');
  }
  const widths = down.map((_, level) => shapes.size(`down_blocks.${level}.resnets.0.conv1`, 0));
  const isLinear = shapes.of('mid_block.attentions.0.proj_in').length === 2;
  const transformers = down.map(({ attention }, level) => {
    const depth = attention && depthOf(shapes, `down_blocks.${level}.attentions.0`);
    return depth || 1;
  });
  // The middle counts as the last level, whose own blocks may have no transformers.
  const middle = depthOf(shapes, 'mid_block.attentions.0');
  if (down.at(-1)!.attention && transformers.at(-1) !== middle) {
    shapes.fail(`has ${middle} transformer layers in its middle, ${transformers.at(-1)} beside it`);
  }
  transformers[transformers.length - 1] = middle;
  mirrored.forEach(({ attention }, level) => {
    const index = up.length - 1 - level;
    const depth = attention ? depthOf(shapes, `up_blocks.${index}.attentions.0`) : undefined;
    if (depth !== undefined && depth !== transformers[level]) {
      shapes.fail(`has ${depth} transformer layers on its way up, ${transformers[level]} down`);
    }
  });
  return {
    _class_name: 'UNet2DConditionModel',
    in_channels: shapes.size('conv_in', 1),
    out_channels: shapes.size('conv_out', 0),
    block_out_channels: widths,
    down_block_types: down.map(({ attention }) =>
      attention ? 'CrossAttnDownBlock2D' : 'DownBlock2D',
    ),
    up_block_types: up.map(({ attention }) => (attention ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
    layers_per_block: down.map(({ layers }) => layers),
    transformer_layers_per_block: transformers,
    cross_attention_dim: shapes.size('mid_block.attentions.0.transformer_blocks.0.attn2.to_k', 1),
    use_linear_projection: isLinear,
    // The number of heads, whatever diffusers calls it.
    attention_head_dim: isLinear
      ? widths.map((width) => headsOf(width, shapes))
      : convolutionalHeads,
    ...additionOf(shapes),
  };
}

function depthOf(shapes: Shapes, transformer: string): number {
  return countWhile((i) => shapes.has(`${transformer}.transformer_blocks.${i}.attn1.to_q`));
}

function headsOf(width: number, shapes: Shapes): number {
  return width % headWidth === 0
    ? width / headWidth
    : shapes.fail(`has ${width} channels, which are no heads of ${headWidth}`);
}

/** SDXL's, beside the time: the pooled text, and six numbers of this size each. */
const sizeEmbedding = 256;

function additionOf(shapes: Shapes): RawConfig {
  if (!shapes.has('add_embedding.linear_1')) return {};
  return {
    addition_embed_type: 'text_time',
    addition_time_embed_dim: sizeEmbedding,
    projection_class_embeddings_input_dim: shapes.size('add_embedding.linear_1', 1),
  };
}
