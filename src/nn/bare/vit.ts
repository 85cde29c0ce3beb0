import { ModelLockError } from '../../base/error.ts';
import type { StoredTensor, StoredTensors } from '../../formats/stored-tensor.ts';
import { toFloat32 } from '../../tensor/convert.ts';
import { sinCosPositions } from '../layers/positions.ts';
import {
  colours,
  countOf,
  filled,
  type BareLayout,
  type BareModel,
  type BareOptions,
  type Pooling,
} from './bare-model.ts';
import { resampledPositions, type Bicubic } from './positions.ts';
import { deitWritten, meanWritten, tokenWritten, type Anatomy } from './vit-names.ts';

/**
 * Vision transformers of timm, DeiT and MAE, which have the same names: pretrained (with or without
 * MAE's decoder) or fine-tuned, by the class token or by the mean of the patches.
 */
export const bareVit: BareLayout = {
  name: 'a vision transformer of timm, DeiT or MAE',
  open: ['size', 'heads', 'pooling'],
  fits: (tensors) =>
    tensors.get('patch_embed.proj.weight')?.shape.length === 4 &&
    tensors.get('blocks.0.attn.qkv.weight')?.shape.length === 2,
  read: readVit,
};

function anatomyOf(tensors: StoredTensors, where: string): Anatomy {
  const shape = (name: string): readonly number[] => {
    const found = tensors.get(name);
    if (found) return found.shape;
    throw new ModelLockError(
      'unsupported',
      `${where} is no vision transformer that is known here: it has no tensor "${name}"`,
    );
  };
  const [width, channels, patch] = shape('patch_embed.proj.weight');
  shape('cls_token');
  const special = tensors.has('dist_token') ? 2 : 1;
  const [, positions] = shape('pos_embed');
  const side = Math.sqrt(positions - special);
  if (!Number.isInteger(side) || side < 1) {
    throw new ModelLockError(
      'unsupported',
      `${where}: "pos_embed" has ${positions} places, which are not ${special} and those of a square of patches`,
    );
  }
  return {
    width,
    channels,
    patch,
    depth: countOf(tensors, /^blocks\.(\d+)\./),
    hidden: shape('blocks.0.mlp.fc1.weight')[0],
    qkvBias: tensors.has('blocks.0.attn.qkv.bias'),
    special,
    side,
    classes: tensors.get('head.weight')?.shape[0] ?? null,
  };
}

async function readVit(
  tensors: StoredTensors,
  options: BareOptions,
  where: string,
): Promise<BareModel> {
  const anatomy = anatomyOf(tensors, where);
  const { patch, side, special } = anatomy;
  const size = options.size ?? side * patch;
  if (size < patch) {
    throw new ModelLockError(
      'usage',
      `pictures of ${size} pixels for patches of ${patch}: ${where}`,
      {
        valid: [`${patch} or more`],
      },
    );
  }
  const mae = await isOfMae(tensors, anatomy);
  const own: Pooling = mae || tensors.has('fc_norm.weight') ? 'mean' : 'token';
  const pooling = options.pooling ?? own;
  if (special === 2 && pooling === 'mean') {
    throw new ModelLockError(
      'usage',
      `${where} has a token of its teacher, which goes with pooling token`,
    );
  }
  const heads = headsOf(anatomy, options, where);
  const bicubic: Bicubic = mae || pooling === 'mean' ? 'plain' : 'antialiased';
  const positions = resampledPositions(tensors.get('pos_embed')!, {
    special,
    from: side,
    to: Math.floor(size / patch),
    bicubic,
  });
  const norm = normOf(tensors, pooling, anatomy);
  const body = new Map([
    ...[...tensors].filter(([name]) => !dropped.test(name)),
    ['pos_embed', positions] as const,
    ...norm.tensors,
  ]);
  const shaped = { ...anatomy, size, heads };
  const written = special === 2 ? deitWritten : pooling === 'mean' ? meanWritten : tokenWritten;
  const trained = mae || special === 2 || own === 'mean' ? 'imagenet' : 'half';
  return {
    config: written.config(shaped),
    tensors: written.tensors(body),
    preparation: {
      height: size,
      width: size,
      ...colours[trained],
      resampling: 'bicubic',
      // MAE's rule (`build_transform`), and near to timm's.
      crop: size <= 224 ? 224 / 256 : 1,
    },
    assumed: [
      ...(options.heads === undefined ? [`${heads} heads of attention (--heads)`] : []),
      ...(options.pooling === undefined && anatomy.classes === null
        ? [
            pooling === 'mean'
              ? 'the mean of the patches is classified (--pooling)'
              : 'the class token is classified (--pooling)',
          ]
        : []),
      ...norm.assumed,
    ],
  };
}

/** The decoder of MAE's pretraining is not needed; `norm` and `fc_norm` are put in by `normOf`. */
const dropped = /^(?:decoder_|mask_token$|(?:fc_)?norm\.)/;

/** MAE has fixed positions, sines and cosines; and where it was pretrained, perhaps its decoder. */
async function isOfMae(
  tensors: StoredTensors,
  { width, side, special }: Anatomy,
): Promise<boolean> {
  if (tensors.has('mask_token')) return true;
  if (special !== 1 || width % 4 !== 0) return false;
  const { data } = toFloat32(await tensors.get('pos_embed')!.read());
  const table = sinCosPositions(side, width);
  return table.kind === 'table' && data.every((x, i) => Math.abs(x - table.at(i)) < 1e-3);
}

/** Heads by width where they are not 64 wide: those of ViT-H, ViT-g and ViT-G (arXiv 2106.04560). */
const headsByWidth = new Map([
  [1280, 16],
  [1408, 16],
  [1664, 16],
]);
const headWidth = 64;

function headsOf({ width }: Anatomy, options: BareOptions, where: string): number {
  const heads = options.heads ?? headsByWidth.get(width) ?? width / headWidth;
  if (Number.isInteger(heads) && width % heads === 0) return heads;
  const what =
    options.heads === undefined
      ? `nothing tells how many heads of attention ${where} has`
      : `${heads} heads do not divide the ${width} features of ${where}`;
  const valid = [1, 2, 3, 4, 6, 8, 12, 16].filter((count) => width % count === 0);
  throw new ModelLockError('usage', `${what}; --heads says it`, { valid });
}

interface Norm {
  readonly tensors: readonly (readonly [name: string, stored: StoredTensor])[];
  readonly assumed: readonly string[];
}

/** The norm before the head; a fresh one where the weights have that of the other pooling. */
function normOf(tensors: StoredTensors, pooling: Pooling, { width }: Anatomy): Norm {
  const [norm, other] = pooling === 'mean' ? ['fc_norm', 'norm'] : ['norm', 'fc_norm'];
  const own = [...tensors].filter(([name]) => name.startsWith(`${norm}.`));
  if (own.length > 0 || !tensors.has(`${other}.weight`)) return { tensors: own, assumed: [] };
  return {
    tensors: [
      [`${norm}.weight`, filled([width], 1)],
      [`${norm}.bias`, filled([width], 0)],
    ],
    assumed: [`a new last norm, "${norm}"`],
  };
}
