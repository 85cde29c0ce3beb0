import { expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { initialise } from '../scope.ts';
import { sinCosPositions } from './positions.ts';

it('sines and cosines of column and row, after zeros for the class token', () => {
  const parameters = new Map([['p', { shape: [1, 5, 8], init: sinCosPositions(2, 8) }]]);
  const { data } = initialise({ parameters, buffers: new Map() }, counterRandom(1)).get('p')!;
  const [sin, cos, slowSin, slowCos] = [Math.sin(1), Math.cos(1), Math.sin(0.01), Math.cos(0.01)];
  const [zero, one] = [
    [0, 0, 1, 1],
    [sin, slowSin, cos, slowCos],
  ];
  const token = [0, 0, 0, 0, 0, 0, 0, 0];
  // Patches row by row: (0, 0), then one to the right, one down, and both.
  const expected = [
    token,
    [...zero, ...zero],
    [...one, ...zero],
    [...zero, ...one],
    [...one, ...one],
  ];
  for (const [i, value] of expected.flat().entries()) expect(data[i]).toBeCloseTo(value, 6);
});
