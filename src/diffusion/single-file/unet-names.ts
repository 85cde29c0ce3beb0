import { countWhile, type NamePair } from './renaming.ts';

/** A level of a U-Net: blocks between which nothing changes the resolution. */
interface UnetLevel {
  readonly layers: number;
  /** Whether a transformer follows each layer. */
  readonly attention: boolean;
  /** Whether it ends with a change of resolution. */
  readonly sampler: boolean;
}

/** How the blocks of a U-Net follow each other, from its input on. */
export interface UnetLayout {
  readonly down: readonly UnetLevel[];
  readonly up: readonly UnetLevel[];
}

/** Whether a model has a layer of that name, with a weight. */
export type HasLayer = (layer: string) => boolean;

const none: UnetLevel = { layers: 0, attention: false, sampler: false };

/** The layout of a U-Net under its original names, which number all blocks of one side. */
export function layoutOfOriginal(has: HasLayer): UnetLayout {
  return {
    down: levelsOf((n) => {
      const at = `input_blocks.${n + 1}`;
      if (has(`${at}.0.op`)) return { ...none, sampler: true };
      return layer(at);
    }),
    up: levelsOf((n) => {
      const at = `output_blocks.${n}`;
      const found = layer(at);
      return found && { ...found, sampler: has(`${at}.1.conv`) || has(`${at}.2.conv`) };
    }),
  };

  function layer(at: string): UnetLevel | undefined {
    return has(`${at}.0.in_layers.2`)
      ? { layers: 1, attention: has(`${at}.1.proj_in`), sampler: false }
      : undefined;
  }
}

/** Blocks in a row as levels, each of which ends where the resolution changes. */
function levelsOf(block: (n: number) => UnetLevel | undefined): UnetLevel[] {
  const levels = [none];
  for (let n = 0, next = block(n); next; next = block(++n)) {
    const level = levels.at(-1)!;
    levels[levels.length - 1] = {
      layers: level.layers + next.layers,
      attention: level.attention || next.attention,
      sampler: next.sampler,
    };
    if (next.sampler) levels.push(none);
  }
  return levels;
}

/** The layout of a U-Net under the names of diffusers. */
export function layoutOfDiffusers(has: HasLayer): UnetLayout {
  const side = (blocks: string, sampler: string): UnetLevel[] =>
    Array.from({ length: countWhile((i) => has(`${blocks}.${i}.resnets.0.conv1`)) }, (_, i) => ({
      layers: countWhile((k) => has(`${blocks}.${i}.resnets.${k}.conv1`)),
      attention: has(`${blocks}.${i}.attentions.0.proj_in`),
      sampler: has(`${blocks}.${i}.${sampler}.0.conv`),
    }));
  return { down: side('down_blocks', 'downsamplers'), up: side('up_blocks', 'upsamplers') };
}

const outerLayers: readonly NamePair[] = [
  ['time_embed.0', 'time_embedding.linear_1'],
  ['time_embed.2', 'time_embedding.linear_2'],
  // Of SDXL: the pooled text and the sizes.
  ['label_emb.0.0', 'add_embedding.linear_1'],
  ['label_emb.0.2', 'add_embedding.linear_2'],
  ['input_blocks.0.0', 'conv_in'],
  ['out.0', 'conv_norm_out'],
  ['out.2', 'conv_out'],
];

const resnetLayers: readonly NamePair[] = [
  ['in_layers.0', 'norm1'],
  ['in_layers.2', 'conv1'],
  ['emb_layers.1', 'time_emb_proj'],
  ['out_layers.0', 'norm2'],
  ['out_layers.3', 'conv2'],
  ['skip_connection', 'conv_shortcut'],
];

function resnet(original: string, diffusers: string): NamePair[] {
  return resnetLayers.map(([from, to]) => [`${original}.${from}`, `${diffusers}.${to}`]);
}

/** The modules of a U-Net: their names in the original layout (CompVis, Stability AI) and in diffusers. */
export function unetNames({ down, up }: UnetLayout): NamePair[] {
  return [...outerLayers, ...downNames(down), ...middleNames, ...upNames(up)];
}

/** The transformer's own layers have the same names on both sides. */
const middleNames: readonly NamePair[] = [
  ...resnet('middle_block.0', 'mid_block.resnets.0'),
  ['middle_block.1', 'mid_block.attentions.0'],
  ...resnet('middle_block.2', 'mid_block.resnets.1'),
];

function downNames(levels: readonly UnetLevel[]): NamePair[] {
  const pairs: NamePair[] = [];
  // The first block of the original is the convolution at the input.
  let n = 1;
  levels.forEach(({ layers, attention, sampler }, level) => {
    const to = `down_blocks.${level}`;
    for (let k = 0; k < layers; k++, n++) {
      pairs.push(...resnet(`input_blocks.${n}.0`, `${to}.resnets.${k}`));
      if (attention) pairs.push([`input_blocks.${n}.1`, `${to}.attentions.${k}`]);
    }
    if (sampler) pairs.push([`input_blocks.${n++}.0.op`, `${to}.downsamplers.0.conv`]);
  });
  return pairs;
}

function upNames(levels: readonly UnetLevel[]): NamePair[] {
  const pairs: NamePair[] = [];
  let n = 0;
  levels.forEach(({ layers, attention, sampler }, level) => {
    const to = `up_blocks.${level}`;
    for (let k = 0; k < layers; k++, n++) {
      const from = `output_blocks.${n}`;
      pairs.push(...resnet(`${from}.0`, `${to}.resnets.${k}`));
      if (attention) pairs.push([`${from}.1`, `${to}.attentions.${k}`]);
      if (sampler && k === layers - 1) {
        pairs.push([`${from}.${attention ? 2 : 1}.conv`, `${to}.upsamplers.0.conv`]);
      }
    }
  });
  return pairs;
}
