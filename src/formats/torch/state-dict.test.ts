import { describe, expect, it, test } from 'vitest';
import { elementOfDType } from './element-types.ts';
import { stateDictOf } from './state-dict.ts';
import { TorchTensor } from './torch-host.ts';

const element = elementOfDType('torch.float32')!;
const tensor = new TorchTensor({
  storage: { key: '0', element, length: 1 },
  element,
  offset: 0,
  shape: [1],
  strides: [1],
});

type Dict = Map<unknown, unknown>;
const dict = (entries: Record<string, unknown>): Dict => new Map(Object.entries(entries));

const namesOf = (value: unknown): string[] => [...stateDictOf(value, 'a.pt').tensors.keys()];

test.each<[string, unknown, string[]]>([
  ['a plain state_dict', dict({ w: tensor, n: 1 }), ['w']],
  [
    'what was trained before its average',
    dict({ model_ema: dict({ a: tensor }), model: dict({ w: tensor }) }),
    ['w'],
  ],
  ['the average alone', dict({ epoch: 1, ema: dict({ a: tensor }) }), ['a']],
  ['wrappers in wrappers', dict({ model: dict({ state_dict: dict({ w: tensor }) }) }), ['w']],
  [
    'a wrapper before tensors beside it',
    dict({ loss: tensor, state_dict: dict({ w: tensor }) }),
    ['w'],
  ],
  [
    'a wrapper that leads nowhere',
    dict({ model: dict({ name: 'vit' }), net: dict({ w: tensor }) }),
    ['w'],
  ],
  ['names as they are', dict({ 'module.a': tensor }), ['module.a']],
])('reads %s', (_, value, names) => {
  expect(namesOf(value)).toEqual(names);
});

test('plain values of all wrappers are kept, the outermost first of all', () => {
  const inner = dict({ w: tensor, epoch: 1, name: 'vit' });
  const { scalars } = stateDictOf(dict({ epoch: 2, model: inner, none: null }), 'a.pt');
  expect(Object.fromEntries(scalars)).toEqual({ epoch: 2, name: 'vit' });
});

describe('refuses', () => {
  it('what has no named tensors, and says what it has', () => {
    expect(() => namesOf([tensor])).toThrow('a.pt has no named tensors (valid: a state_dict, ');
    const many = Object.fromEntries('abcdefg'.split('').map((name) => [name, dict({ w: tensor })]));
    expect(() => namesOf(dict(many))).toThrow('; it has "a", "b", "c", "d", "e" and more (valid: ');
  });

  it('a dict that lies in itself', () => {
    const loop = dict({});
    for (const name of ['state_dict', 'model', 'module', 'net', 'ema']) loop.set(name, loop);
    expect(() => namesOf(loop)).toThrow('has no named tensors');
  });

  it('dicts without end', () => {
    let deep = dict({ w: tensor });
    for (let i = 0; i < 100_000; i++) deep = dict({ model: deep });
    expect(() => namesOf(deep)).toThrow('has no named tensors');
  });
});
