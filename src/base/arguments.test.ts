import { describe, expect, it } from 'vitest';
import { requireArguments, type Shape } from './arguments.ts';

const check = (value: unknown, shape: Shape) => (): void =>
  requireArguments('lock', { it: value }, { it: shape });

describe('an option', () => {
  it.each<[Shape, unknown]>([
    ['text', ''],
    ['texts', []],
    ['texts', ['a']],
    ['whole number', -1],
    ['key', { prompt: 'with oil pastel' }],
    ['key', { prompt: '', secret: new Uint8Array(16) }],
    ['key', { prompt: '', secret: Buffer.alloc(1) }],
  ])('that is a %s may be %j', (shape, value) => {
    expect(check(value, shape)).not.toThrow();
  });

  it.each<[Shape, unknown, string]>([
    ['text', 7, 'a string'],
    ['text', null, 'a string'],
    ['texts', 'a', 'an array of strings'],
    ['texts', [7], 'an array of strings'],
    ['whole number', 0.5, 'a whole number'],
    ['whole number', '1', 'a whole number'],
    ['key', 'with oil pastel', '{ prompt: string, secret?: Uint8Array }'],
    ['key', { secret: new Uint8Array(16) }, '{ prompt: string, secret?: Uint8Array }'],
    ['key', { prompt: 'a', secret: 'ff' }, '{ prompt: string, secret?: Uint8Array }'],
  ])('that is a %s is not %j', (shape, value, valid) => {
    expect(check(value, shape)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `lock: the option "it" is something else (valid: ${valid})`,
      }) as Error,
    );
  });
});

describe('what is missing', () => {
  it('is named if it is needed', () => {
    const none = {} as { it?: string };
    const missing = 'lock: the option "it" is missing (valid: a string)';
    expect(() => requireArguments('lock', none, { it: 'text' })).toThrow(missing);
    expect(() => requireArguments('lock', none, {}, { it: 'text' })).not.toThrow();
    expect(() => requireArguments('lock', { it: 7 }, {}, { it: 'text' })).toThrow('something else');
  });

  it('may be all of it', () => {
    const nothing = undefined as unknown as { it: string };
    expect(() => requireArguments('lock', nothing, { it: 'text' })).toThrow('"it" is missing');
  });
});
