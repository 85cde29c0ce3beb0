import { describe, expect, it } from 'vitest';
import { frozenBy, type Freeze } from './freeze.ts';

const names = [
  'embeddings.weight',
  ...Array.from({ length: 12 }, (_, i) => [
    `blocks.${i}.norm.bias`,
    `blocks.${i}.mlp.weight`,
  ]).flat(),
  'head.weight',
  'head.bias',
];
const model = { names, isHead: (name: string): boolean => name.startsWith('head.') };
const frozen = (freeze: Freeze): string[] => names.filter(frozenBy(freeze, model));

describe('frozenBy', () => {
  it('freezes what begins with the parts of a prefix', () => {
    expect(frozen(['blocks.1', 'embeddings'])).toEqual([
      'embeddings.weight',
      'blocks.1.norm.bias',
      'blocks.1.mlp.weight',
    ]);
    expect(frozen(['blocks.11.mlp.weight'])).toEqual(['blocks.11.mlp.weight']);
    expect(frozen([])).toEqual([]);
  });

  it('freezes all but the head', () => {
    expect(frozen('all-but-head')).toEqual(names.slice(0, -2));
  });

  it('says what is valid where a prefix is mistyped', () => {
    expect(() => frozen(['embedings'])).toThrow(
      'no parameter of the model begins with "embedings" (valid: embeddings, blocks, head)',
    );
    expect(() => frozen(['blocks.3.nrom.bias'])).toThrow(
      'begins with "blocks.3.nrom.bias" (valid: blocks.3.norm, blocks.3.mlp)',
    );
    expect(() => frozen(['blocks.12'])).toThrow(/valid: blocks\.0, blocks\.1, .*blocks\.11\)/);
    expect(() => frozen(['block'])).toThrow(/"block" \(valid: embeddings, blocks, head\)/);
    expect(() => frozen([''])).toThrow(/"" \(valid/);
  });

  it('refuses to leave nothing to train', () => {
    expect(() => frozen(['embeddings', 'blocks', 'head'])).toThrow(/nothing is left to train/);
  });
});
