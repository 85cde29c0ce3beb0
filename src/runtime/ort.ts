import type * as ort from 'onnxruntime-node';

export type Ort = typeof ort;

/** The one place that loads ONNX Runtime: lazily, because it takes a quarter of a second. */
export async function loadOrt(): Promise<Ort> {
  return import('onnxruntime-node');
}
