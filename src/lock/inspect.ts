import type { JobOptions } from '../base/job.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { openModel } from './bundle-lock.ts';

/** What a reference to a model is. */
export interface Inspection {
  readonly architecture: string;
  readonly parameters: number;
  /** Bytes of the weights in float32. */
  readonly bytes: number;
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly labels: readonly string[];
  readonly manifest: Manifest | null;
}

export async function inspect(reference: string, job?: JobOptions): Promise<Inspection> {
  const { checkpoint, manifest } = await openModel(reference, job);
  const { classifier, preprocessor, weights, config } = checkpoint;
  const parameters = [...weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    architecture: String(config['model_type']),
    parameters,
    bytes: 4 * parameters,
    input: { channels: classifier.channels, ...preprocessor.size },
    labels: classifier.labels,
    manifest,
  };
}
