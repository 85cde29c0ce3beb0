import { exists, extname, readText } from '../../platform/files.ts';
import type { TensorFile } from '../../formats/tensor-file.ts';
import type { FamilyName, Prediction } from './families.ts';

/** The tensors that trainers of SDXL put into a file of a network that predicts velocities. */
const velocityMark = 'v_pred';
export const zeroSnrMark = 'ztsnr';

/** The number of steps after which Stable Diffusion 2's base was published, which predicts the noise. */
const baseSteps = 875_000;

export interface KnownPrediction {
  readonly type: Prediction;
  /** How it is known; `family` is a guess, by what most models of the family do. */
  readonly by: 'sidecar' | 'file' | 'family';
}

/**
 * What the network of a single file predicts, which its weights do not tell. Looked for in this
 * order: the original configuration beside the file (`NAME.yaml`, whose `parameterization` is "v"
 * for velocities), marks in the file, and the rule of diffusers: Stable Diffusion 2 predicts
 * velocities, but for its base of 875,000 steps; what was fine-tuned from the base for other inputs
 * predicts the noise.
 */
export async function predictionOf(
  path: string,
  { tensors, scalars }: TensorFile,
  family: FamilyName,
  inChannels: number,
): Promise<KnownPrediction> {
  const sidecar = `${path.slice(0, path.length - extname(path).length)}.yaml`;
  if (await exists(sidecar)) {
    const isVelocity = /^\s*parameterization:\s*["']?v["']?\s*$/m.test(await readText(sidecar));
    return { type: isVelocity ? 'v_prediction' : 'epsilon', by: 'sidecar' };
  }
  if (tensors.has(velocityMark)) return { type: 'v_prediction', by: 'file' };
  if (family !== 'sd2' || inChannels !== 4) return { type: 'epsilon', by: 'family' };
  const steps = scalars.get('global_step');
  return steps === baseSteps
    ? { type: 'epsilon', by: 'file' }
    : { type: 'v_prediction', by: 'family' };
}
