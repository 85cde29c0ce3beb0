import { ModelLockError } from '../base/error.ts';
import { requireWeights } from '../formats/weights.ts';
import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { Scope } from '../nn/scope.ts';
import { Session } from '../runtime/session.ts';
import type { RgbImage } from '../tensor/image.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { hasHead, placeOfOneNumber, type ModelCheckpoint } from './checkpoint.ts';

/** Images of one batch. A fixed number, so that a prediction does not depend on its neighbours. */
export const predictionBatch = 32;

/** Runs a network over pictures. */
export class Predictor {
  readonly labels: readonly string[];
  readonly #checkpoint: ModelCheckpoint;
  readonly #session: Session;

  private constructor(checkpoint: ModelCheckpoint, session: Session) {
    this.labels = checkpoint.network.labels;
    this.#checkpoint = checkpoint;
    this.#session = session;
  }

  static async create(checkpoint: ModelCheckpoint): Promise<Predictor> {
    const { network, preprocessor, weights } = checkpoint;
    const { height, width } = preprocessor.size;
    const scope = Scope.root();
    const x = input('pixel_values', 'float32', [predictionBatch, network.channels, height, width]);
    const { logits } = network.build(scope, x);
    const { parameters, buffers } = scope.declared;
    if (!hasHead(checkpoint)) {
      throw new ModelLockError(
        'usage',
        `${checkpoint.weightsPath} was pretrained without classes: it has no last layer yet`,
        { valid: ['train and lock give it one'] },
      );
    }
    const place = placeOfOneNumber(checkpoint);
    if (place !== undefined) {
      throw new ModelLockError(
        'usage',
        `${checkpoint.weightsPath} gives ${place} one number, not one for each of two classes or more`,
        { valid: ['train and lock give it another last layer'] },
      );
    }
    requireWeights(weights, new Map([...parameters, ...buffers]), checkpoint.weightsPath);
    const session = await Session.create(graphOf({ logits }), { parameters: weights });
    return new Predictor(checkpoint, session);
  }

  /** Logits of pictures of any size, [images, classes] or [images, classes, h, w]. */
  async logits(images: readonly RgbImage[]): Promise<Tensor<'float32'>> {
    const { preprocessor, network } = this.#checkpoint;
    const { height, width } = preprocessor.size;
    const size = network.channels * height * width;
    const chunks: Tensor<'float32'>[] = [];
    for (let start = 0; start < images.length; start += predictionBatch) {
      const some = images.slice(start, start + predictionBatch);
      const pixels = new Float32Array(predictionBatch * size);
      some.forEach((image, i) =>
        preprocessor.normalise(
          preprocessor.toPixels(image),
          pixels.subarray(i * size, (i + 1) * size),
        ),
      );
      const { logits } = await this.#session.run({
        pixel_values: tensor('float32', [predictionBatch, network.channels, height, width], pixels),
      });
      chunks.push(firstRows(logits as Tensor<'float32'>, some.length));
    }
    return joined(chunks, [0, this.labels.length]);
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }
}

/** A copy of the first rows of [B, ...]. */
function firstRows(
  { shape: [rows, ...rest], data }: Tensor<'float32'>,
  count: number,
): Tensor<'float32'> {
  return tensor('float32', [count, ...rest], data.slice(0, (data.length / rows) * count));
}

/** Rows one after the other; without any, an empty tensor of the shape `empty`. */
function joined(chunks: readonly Tensor<'float32'>[], empty: readonly number[]): Tensor<'float32'> {
  const [, ...rest] = chunks[0]?.shape ?? empty;
  const rows = chunks.reduce((sum, { shape }) => sum + shape[0], 0);
  const data = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.data.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    data.set(chunk.data, at);
    at += chunk.data.length;
  }
  return tensor('float32', [rows, ...rest], data);
}
