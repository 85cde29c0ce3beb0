import type { BatchShape } from '../../../src/diffusion/components.ts';
import type { Runnable } from '../../../src/diffusion/shaped-model.ts';
import type { Tensors } from '../../../src/runtime/session.ts';
import { tensor, toNumbers, type Tensor } from '../../../src/tensor/tensor.ts';

interface Call {
  readonly sample: Tensor<'float32'>;
  readonly text: Tensor<'float32'>;
  readonly output: Tensor<'float32'>;
}

/**
 * Writes down every call of a U-Net. diffusers runs the branches of guidance as one batch, here they
 * are calls of their own: those of a step, joined, are its batch.
 */
export class Recorder implements Runnable<BatchShape> {
  readonly #unet: Runnable<BatchShape>;
  #calls: Call[] = [];
  #time = NaN;
  /** The time step of each step. */
  readonly timesteps: number[] = [];
  /** What the text was in the first step. */
  firstTexts!: Tensor<'float32'>;

  constructor(unet: Runnable<BatchShape>) {
    this.#unet = unet;
  }

  async run(shape: BatchShape, inputs: Tensors): Promise<Tensors> {
    const results = await this.#unet.run(shape, inputs);
    const { sample, text, timestep } = inputs;
    this.#calls.push({ sample, text, output: results['output'] } as Call);
    [this.#time] = toNumbers(timestep);
    return results;
  }

  dispose(): Promise<void> {
    return this.#unet.dispose();
  }

  /** The calls since the last step, as one batch. */
  endOfStep(): { input: Tensor<'float32'>; output: Tensor<'float32'> } {
    const calls = this.#calls;
    this.#calls = [];
    if (this.timesteps.length === 0) this.firstTexts = stacked(calls.map(({ text }) => text));
    this.timesteps.push(this.#time);
    return {
      input: stacked(calls.map(({ sample }) => sample)),
      output: stacked(calls.map(({ output }) => output)),
    };
  }
}

/** Batches, one after the other, as one. */
export function stacked(parts: readonly Tensor<'float32'>[]): Tensor<'float32'> {
  const data = Float32Array.from(parts.flatMap((part) => [...part.data]));
  const batch = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  return tensor('float32', [batch, ...parts[0].shape.slice(1)], data);
}
