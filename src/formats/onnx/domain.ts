/** A domain of operators by one name: that of ONNX's own has two. */
export const domainNamed = (name: string): string => (name === 'ai.onnx' ? '' : name);
