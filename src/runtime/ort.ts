/** The one place that loads ONNX Runtime: lazily, because it takes a quarter of a second. */
export type Ort = typeof import('onnxruntime-node');

export async function loadOrt(): Promise<Ort> {
  return import('onnxruntime-node');
}
