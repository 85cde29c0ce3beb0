import { expect, it } from 'vitest';
import type { OnnxNetwork } from '../../../formats/onnx/architecture.ts';
import { onnxLayers } from './layers.ts';

it('puts a norm before a head that is all of the matrices into the first layer', () => {
  const network = {
    model: { nodes: [{ inputs: ['x', 'scale'] }, { inputs: ['y', 'head'] }] },
    initializers: new Map([
      ['scale', { role: 'scale' }],
      ['head', { role: 'weight' }],
    ]),
  } as unknown as OnnxNetwork;
  const { of, last } = onnxLayers(network, (name) => name === 'head');
  expect([of('scale'), of('head'), last]).toEqual([0, 0, 0]);
});
