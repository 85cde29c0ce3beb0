import type { BatchShape } from '../../../src/diffusion/components.ts';
import type { Runnable } from '../../../src/diffusion/shaped-model.ts';
import type { Tensors } from '../../../src/runtime/session.ts';
import { toNumbers, type Tensor } from '../../../src/tensor/tensor.ts';

/** Writes down the calls of a U-Net. */
export class Recorder implements Runnable<BatchShape> {
  readonly #unet: Runnable<BatchShape>;
  /** The time step of each. */
  readonly timesteps: number[] = [];
  /** The text of the first. */
  firstTexts!: Tensor<'float32'>;
  /** What went into the last, and came out. */
  last!: { input: Tensor<'float32'>; output: Tensor<'float32'> };

  constructor(unet: Runnable<BatchShape>) {
    this.#unet = unet;
  }

  async run(shape: BatchShape, inputs: Tensors): Promise<Tensors> {
    const results = await this.#unet.run(shape, inputs);
    const { sample, text, timestep } = inputs as Record<string, Tensor<'float32'>>;
    if (this.timesteps.length === 0) this.firstTexts = text;
    this.timesteps.push(...toNumbers(timestep));
    this.last = { input: sample, output: results['output'] as Tensor<'float32'> };
    return results;
  }

  dispose(): Promise<void> {
    return this.#unet.dispose();
  }
}
