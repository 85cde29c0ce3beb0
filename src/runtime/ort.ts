import type * as ort from 'onnxruntime-node';

export type Ort = typeof ort;

/**
 * The one place that loads ONNX Runtime: lazily, because it takes a quarter of a second. It would tell
 * its makers of every run, under an identity that it leaves in the home folder; whoever wants that
 * sets the variable to 0.
 */
export async function loadOrt(): Promise<Ort> {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  return import('onnxruntime-node');
}
