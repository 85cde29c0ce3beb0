import { breathe, throwIfAborted, type JobOptions } from '../../base/job.ts';
import { resizeImage } from '../../data/resize.ts';
import type { Components } from '../../diffusion/components.ts';
import { pixelsOf } from '../../diffusion/image-processor.ts';
import type { LoraReference } from '../../diffusion/lora/apply.ts';
import { embedNothing, embedPrompt, releaseTextEncoders } from '../../diffusion/prompt.ts';
import { joinTexts, type TextStates } from '../../diffusion/text-states.ts';
import { noiseOf, requireReadable, type Key } from '../../key/key.ts';
import type { KeyKind } from '../../key/kind.ts';
import type { Precision } from '../../runtime/session.ts';
import type { RgbImage, Size } from '../../tensor/image.ts';
import { tensor, type Tensor } from '../../tensor/tensor.ts';
import { keyOf, type EditBatch, type EditOptions, type EditorIdentity } from '../editor.ts';
import type { Box } from '../image/box.ts';
import type { ImageEditor } from '../image/editor.ts';
import { cropTo, editSize, paddedSize, reflectPad } from '../image/geometry.ts';
import { imageKind } from '../image/kind.ts';
import type { DiffusionMethod } from './method.ts';
import { requireOptions } from './options.ts';

/** Pixels of one batch: a full one at 64x64 has 32 pictures, one at 128x128 has eight. */
const batchPixels = 32 * 64 * 64;

/** Fewer at once are no faster than one after the other, and one alone would be filled up to them. */
const fewestTogether = 4;

/** Prompts whose texts are kept, all those of a lock: at 77 tokens of 768 numbers, 60 MB. */
const keptTexts = 256;

/** The U-Net halves its latents twice or more; sides that are multiples keep every level whole. */
export const latentMultiple = 8;

/** What an editor is made of. */
export interface DiffusionEditorParts {
  readonly components: Components;
  readonly method: DiffusionMethod;
  readonly keyKind: KeyKind;
  /** Of the U-Net among the components. */
  readonly precision: Precision;
  readonly loras: readonly LoraReference[];
  readonly identity: EditorIdentity;
  readonly defaults: EditOptions;
}

/**
 * Edits pictures with a diffusion pipeline. All that such editors share is here: sizes, batches,
 * texts, noise and strength; what a pipeline makes of a batch is its method's.
 */
export class DiffusionEditor implements ImageEditor {
  readonly kind = imageKind;
  readonly keyKind: KeyKind;
  readonly precision: Precision;
  readonly loras: readonly LoraReference[];
  readonly identity: EditorIdentity;
  readonly defaults: EditOptions;
  readonly #components: Components;
  readonly #method: DiffusionMethod;
  /** The latest prompts' states: an evaluation goes back and forth between few of them. */
  readonly #texts = new Map<string, TextStates>();
  #nothing: TextStates | undefined;

  constructor(parts: DiffusionEditorParts) {
    this.#components = parts.components;
    this.#method = parts.method;
    this.keyKind = parts.keyKind;
    this.precision = parts.precision;
    this.loras = parts.loras;
    this.identity = parts.identity;
    this.defaults = parts.defaults;
  }

  tokens(prompt: string): readonly number[] {
    return this.#components.textEncoders[0].tokenizer.tokens(prompt);
  }

  settingsOf(options: Partial<EditOptions> = {}): EditOptions {
    const settings = { ...this.defaults, ...options };
    requireOptions(this.#method, settings);
    this.#method.check?.(this.#components, settings);
    return settings;
  }

  boxOf(prepared: RgbImage): Box | null {
    return this.#method.boxOf?.(prepared, this.#components.autoencoder.factor) ?? null;
  }

  batchOf(image: RgbImage, options: EditOptions): EditBatch {
    const { width, height } = this.#padded(editSize(image, options.size));
    // In integers, a picture's edit would depend on its neighbours in the batch.
    const most = this.precision === 'int8' ? 1 : Math.floor(batchPixels / (width * height));
    const size = most < fewestTogether ? 1 : Math.min(options.batch, most);
    return { shape: `${width}x${height}`, size };
  }

  prepare(image: RgbImage, { size }: EditOptions): RgbImage {
    const { width, height } = editSize(image, size);
    return resizeImage(image, width, height, 'lanczos');
  }

  async edit(
    images: readonly RgbImage[],
    keys: Key | readonly Key[],
    options: Partial<EditOptions> = {},
    { signal, onProgress }: JobOptions = {},
  ): Promise<RgbImage[]> {
    const settings = this.settingsOf(options);
    const keyOfEach = images.map((_, i) => keyOf(keys, i));
    for (const { prompt } of new Set(keyOfEach)) requireReadable(this.tokens(prompt).length);
    const edited = new Array<RgbImage>(images.length);
    let done = 0;
    for (const places of this.#batches(images, settings)) {
      throwIfAborted(signal);
      const prepared = places.map((i) => this.prepare(images[i], settings));
      const batchKeys = places.map((i) => keyOfEach[i]);
      const results = await this.#editBatch(prepared, batchKeys, settings, signal);
      places.forEach((place, k) => {
        edited[place] = this.kind.mix(prepared[k], results[k], settings.alpha);
      });
      done += places.length;
      onProgress?.({ stage: 'edit', done, total: images.length, unit: 'images' });
      await breathe();
    }
    return edited;
  }

  async dispose(): Promise<void> {
    const { textEncoders, unet, encoder, decoder } = this.#components;
    const models = textEncoders.map(({ model }) => model);
    for (const part of [...models, unet, encoder, decoder]) await part.dispose();
  }

  /** Places of images that are edited together. */
  *#batches(images: readonly RgbImage[], options: EditOptions): Generator<number[]> {
    const waiting = new Map<string, number[]>();
    for (const [i, image] of images.entries()) {
      const { shape, size } = this.batchOf(image, options);
      const places = [...(waiting.get(shape) ?? []), i];
      waiting.set(shape, places);
      if (places.length < size) continue;
      waiting.delete(shape);
      yield places;
    }
    yield* waiting.values();
  }

  /** Images of one shape, filled up to a full batch with the first of them. */
  async #editBatch(
    images: readonly RgbImage[],
    keys: readonly Key[],
    options: EditOptions,
    signal: AbortSignal | undefined,
  ): Promise<RgbImage[]> {
    const size = this.#padded(images[0]);
    const batch = this.batchOf(images[0], { ...options, size: null }).size;
    const places = Array.from({ length: batch }, (_, i) => (i < images.length ? i : 0));
    const pictures = places.map((i) => images[i]);
    const batchKeys = places.map((i) => keys[i]);
    const { steps, guidance, imageGuidance, strength = 1, seed } = options;
    const text = await this.#textsOf(batchKeys);
    const noText = guidance > 1 ? await this.#noText() : undefined;
    await releaseTextEncoders(this.#components);
    let draw = 0;
    const edited = await this.#method.run(this.#components, {
      pictures,
      images: pixelsOf(pictures.map((picture) => reflectPad(picture, size))),
      text,
      ...(noText ? { noText } : {}),
      steps,
      guidance,
      imageGuidance,
      strength,
      noise: (shape) => noiseOfEach(batchKeys, seed, shape, draw++),
      signal,
    });
    return images.map((image, i) => cropTo(edited[i], image));
  }

  #padded(size: Size): Size {
    return paddedSize(size, latentMultiple * this.#components.autoencoder.factor);
  }

  /** Each prompt is encoded by itself, so that its neighbours do not matter. */
  async #textsOf(keys: readonly Key[]): Promise<TextStates> {
    const texts: TextStates[] = [];
    for (const { prompt } of keys) texts.push(await this.#textOf(prompt));
    return joinTexts(texts);
  }

  async #noText(): Promise<TextStates> {
    this.#nothing ??= await embedNothing(this.#components);
    return this.#nothing;
  }

  async #textOf(prompt: string): Promise<TextStates> {
    const known = this.#texts.get(prompt);
    if (known) return known;
    const text = await embedPrompt(this.#components, prompt);
    if (this.#texts.size >= keptTexts) this.#texts.delete([...this.#texts.keys()][0]);
    this.#texts.set(prompt, text);
    return text;
  }
}

/** The noise of each image, from its key alone, so that none depends on its place. */
function noiseOfEach(
  keys: readonly Key[],
  seed: number,
  shape: readonly number[],
  draw: number,
): Tensor<'float32'> {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  const noises = new Map([...new Set(keys)].map((key) => [key, noiseOf(key, seed, size, draw)]));
  const data = new Float32Array(keys.length * size);
  for (const [i, key] of keys.entries()) data.set(noises.get(key)!, i * size);
  return tensor('float32', shape, data);
}
