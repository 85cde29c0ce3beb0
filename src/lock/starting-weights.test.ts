import { expect, test } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { normal, ones, zeros } from '../nn/scope.ts';
import { float32, toNumbers, type Tensor } from '../tensor/tensor.ts';
import { startingWeights } from './starting-weights.ts';

/** A body, an addition of later papers, a last layer. */
const declared = {
  parameters: new Map([
    ['body.weight', { shape: [2], init: normal(1) }],
    ['relative.bias', { shape: [2], init: zeros }],
    ['head.weight', { shape: [2], init: normal(1) }],
  ]),
  buffers: new Map([['body.running_var', { shape: [1], init: ones }]]),
};
const network = {
  isHead: (name: string) => name.startsWith('head.'),
  isAddition: (name: string) => name.startsWith('relative.'),
};

function start(stored: Record<string, number[]>, keepsHead?: boolean): Record<string, number[]> {
  const weights = new Map<string, Tensor>(
    Object.entries(stored).map(([name, values]) => [name, float32([values.length], values)]),
  );
  const checkpoint = { weights, weightsPath: 'model.safetensors' };
  const random = counterRandom(0);
  const all = startingWeights({ checkpoint, declared, network, keepsHead, random });
  return Object.fromEntries([...all].map(([name, t]) => [name, toNumbers(t)]));
}

const body = { 'body.weight': [5, 6], 'body.running_var': [7] };
const addition = { 'relative.bias': [8, 9] };
const head = { 'head.weight': [10, 11] };

test('the last layer is new, the rest the checkpoint’s', () => {
  const { 'head.weight': drawn, ...rest } = start({ ...body, ...addition, ...head });
  expect(rest).toEqual({ ...body, ...addition });
  expect(drawn).not.toEqual(head['head.weight']);
});

test('a last layer that stays is the checkpoint’s', () => {
  expect(start({ ...body, ...addition, ...head }, true)).toMatchObject(head);
});

test('additions that a checkpoint lacks are new', () => {
  expect(start(body)).toMatchObject({ ...body, 'relative.bias': [0, 0] });
});

test('without any weights all of them are new', () => {
  expect(start({})).toMatchObject({ 'relative.bias': [0, 0], 'body.running_var': [1] });
});

test('a checkpoint that lacks a part of its body is refused', () => {
  expect(() => start({ 'body.weight': [5, 6] })).toThrow(/body\.running_var/);
});
