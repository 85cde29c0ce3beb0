import { ModelLockError } from '../../base/error.ts';
import type { StoredTensors } from '../../formats/stored-tensor.ts';
import { openTensorFile } from '../../formats/tensor-file.ts';
import { dirname, isFolder, join } from '../../platform/files.ts';
import { OriginalPart, type StoredComponent } from './component.ts';
import { families, schedulerConfig, type FamilyName } from './families.ts';
import { predictionOf, zeroSnrMark, type KnownPrediction } from './prediction.ts';
import { clipTextOf, openClipTextOf } from './text-encoder.ts';
import { unetOf } from './unet.ts';
import { vaeOf } from './vae.ts';
import type { RawConfig } from '../../nn/config.ts';

/** A pipeline in one file of the original layout, as a diffusers folder would have it. */
export interface SingleFile {
  readonly path: string;
  readonly family: FamilyName;
  /** The class of its pipeline in diffusers, as `model_index.json` names it. */
  readonly pipeline: string;
  /** By their folders in diffusers: `unet`, and what there is of `vae`, `text_encoder`, `text_encoder_2`. */
  readonly components: ReadonlyMap<string, StoredComponent>;
  readonly scheduler: RawConfig;
  readonly prediction: KnownPrediction;
  /** Folders of a whole pipeline that neither the file has nor its folder: always a tokenizer's, without one. */
  readonly missing: readonly string[];
}

const unetPrefix = 'model.diffusion_model.';

interface PartOfFile {
  readonly component: string;
  readonly prefix: string;
  /** What a pipeline has no use for. */
  readonly ignored: RegExp;
  readonly open: (part: OriginalPart, family: FamilyName) => StoredComponent;
}

const nothing = /$^/;
const positionIds = /(^|\.)position_ids$/;
/** Of the 24 blocks of OpenCLIP's ViT-H, Stable Diffusion 2 takes what comes out of the 23rd. */
const unusedOpenClip = /^(transformer\.resblocks\.23\.|text_projection$|logit_scale$|attn_mask$)/;
const vaeIgnored = /^(loss|model_ema)\./;

const vae = (part: OriginalPart, family: FamilyName): StoredComponent =>
  vaeOf(part, families[family].vaeScaling);

/** Where the parts of a pipeline lie in a file. Everything else, such as running averages, is left out. */
const parts: readonly PartOfFile[] = [
  { component: 'unet', prefix: unetPrefix, ignored: nothing, open: unetOf },
  { component: 'vae', prefix: 'first_stage_model.', ignored: vaeIgnored, open: vae },
  { component: 'vae', prefix: 'vae.', ignored: vaeIgnored, open: vae },
  {
    component: 'text_encoder',
    prefix: 'cond_stage_model.transformer.',
    ignored: positionIds,
    open: clipTextOf,
  },
  {
    component: 'text_encoder',
    prefix: 'cond_stage_model.model.',
    ignored: unusedOpenClip,
    open: openClipTextOf,
  },
  {
    component: 'text_encoder',
    prefix: 'conditioner.embedders.0.transformer.',
    ignored: positionIds,
    open: clipTextOf,
  },
  {
    component: 'text_encoder_2',
    prefix: 'conditioner.embedders.1.model.',
    ignored: /^(logit_scale|attn_mask)$/,
    open: openClipTextOf,
  },
];

/** What has the prefix of the U-Net and is another network, or needs what no pipeline here has. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/^model\.diffusion_model\.(joint|double|single)_blocks\./, 'a diffusion transformer'],
  [/^model\.diffusion_model\.label_emb\.weight$/, 'the upscaler of Stable Diffusion'],
  [/^conditioner\.embedders\.0\.model\./, 'the refiner of Stable Diffusion XL'],
  [/^control_model\./, 'a ControlNet'],
  [/^edm_mean$/, 'Playground'],
  [/^embedder\.model\.visual\./, 'Stable unCLIP'],
];

/**
 * A single-file checkpoint of Stable Diffusion 1, 2 or XL, safetensors or torch, in the layout of
 * its authors (CompVis, Stability AI), with other numbers of input channels too. Of the file, only
 * what tells where its tensors lie is read.
 *
 * Throws `data` for files of another kind, `unsupported` for models of another family and for
 * tensors of no known place.
 */
export async function openSingleFile(path: string): Promise<SingleFile> {
  const file = await openTensorFile(path);
  requireKnownKind(file.tensors, path);
  const family = familyOf(file.tensors);
  const components = new Map<string, StoredComponent>();
  for (const { component, prefix, ignored, open } of parts) {
    const part = new OriginalPart(file.tensors, prefix, ignored, `${path} (${component})`);
    if (part.tensors.size === 0) continue;
    if (components.has(component)) {
      throw new ModelLockError('corrupt', `${path} has two of the part ${component}`);
    }
    components.set(component, open(part, family));
  }
  const inChannels = components.get('unet')!.config['in_channels'] as number;
  const prediction = await predictionOf(path, file, family, inChannels);
  const known = families[family];
  const isZeroSnr = file.tensors.has(zeroSnrMark);
  return {
    path,
    family,
    pipeline: pipelineOf(family, inChannels, path),
    components,
    scheduler: schedulerConfig(known, inChannels, prediction.type, isZeroSnr),
    prediction,
    missing: await missingParts(known.parts, components, path),
  };
}

function requireKnownKind(tensors: StoredTensors, path: string): void {
  const names = [...tensors.keys()];
  for (const [pattern, title] of foreign) {
    if (names.some((name) => pattern.test(name))) {
      throw new ModelLockError('unsupported', `${path} is ${title}, which is not supported`, {
        valid: Object.values(families).map((family) => family.title),
      });
    }
  }
  if (!names.some((name) => name.startsWith(unetPrefix))) {
    throw new ModelLockError(
      'data',
      `${path} is no single-file checkpoint of Stable Diffusion: it has no tensor below "${unetPrefix}"`,
    );
  }
}

/** By the U-Net alone, for files that have no text encoder. */
function familyOf(tensors: StoredTensors): FamilyName {
  if (tensors.has(`${unetPrefix}label_emb.0.0.weight`)) return 'sdxl';
  const rank = tensors.get(`${unetPrefix}middle_block.1.proj_in.weight`)?.shape.length;
  return rank === 2 ? 'sd2' : 'sd1';
}

function pipelineOf(name: FamilyName, inChannels: number, path: string): string {
  const { title, pipelines } = families[name];
  if (Object.hasOwn(pipelines, inChannels)) return pipelines[inChannels];
  throw new ModelLockError(
    'unsupported',
    `${path}: there is no pipeline of ${title} for a U-Net of ${inChannels} input channels`,
    { valid: Object.keys(pipelines) },
  );
}

async function missingParts(
  wanted: readonly string[],
  found: ReadonlyMap<string, StoredComponent>,
  path: string,
): Promise<string[]> {
  const missing: string[] = [];
  for (const part of wanted) {
    if (!found.has(part) && !(await isFolder(join(dirname(path), part)))) missing.push(part);
  }
  return missing;
}
