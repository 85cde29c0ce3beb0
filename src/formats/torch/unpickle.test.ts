import { describe, expect, it, test } from 'vitest';
import { Global } from './pickle-machine.ts';
import { PickleCutOff, PickleSource } from './pickle-source.ts';
import { TorchHost, TorchTensor } from './torch-host.ts';
import { unpickle } from './unpickle.ts';

/** Bytes of instructions: numbers as they are, text as its characters. */
function pickle(...parts: readonly (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part, 'latin1')])),
  );
}

const load = (...parts: readonly (number | string)[]): unknown =>
  unpickle(new PickleSource(pickle(...parts)), new TorchHost('hostile.pt'));

test.each<[string, readonly (number | string)[], unknown]>([
  ['integers', ['(K\xffM\x01\x02J\xff\xff\xff\xfft.'], [255, 513, -1]],
  ['long integers', ['\x8a\x02\x00\x80.'], -32768],
  ['an empty long integer', ['\x8a\x00.'], 0],
  [
    'integers beyond 53 bits',
    ['\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'],
    0x1950a86a20f9469cfc6cn,
  ],
  ['a float', ['G\x3f\xf8\x00\x00\x00\x00\x00\x00.'], 1.5],
  ['text', ['X\x02\x00\x00\x00\xc3\xbc.'], 'ü'],
  ['nested lists', [']](K\x01K\x02ea.'], [[1, 2]]],
  [
    'a dict',
    ['}(U\x01aK\x01U\x01bNu.'],
    new Map<unknown, unknown>([
      ['a', 1],
      ['b', null],
    ]),
  ],
  ['what was remembered', ['\x8c\x01a\x940h\x00.'], 'a'],
  ['a set', ['\x8f(K\x01\x88\x90.'], new Set([1, true])],
  ['names of anything, which are inert', ['cposix\nsystem\n.'], new Global('posix.system')],
])('reads %s', (_, parts, value) => {
  expect(load(...parts)).toEqual(value);
});

describe('every way to call a function is closed', () => {
  it.each<[string, string]>([
    ['REDUCE', 'cposix\nsystem\nU\x02ls\x85R.'],
    ['REDUCE of a name from the stack', '\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.'],
    ['NEWOBJ', 'cposix\nsystem\nU\x02ls\x85\x81.'],
    ['NEWOBJ_EX', 'cposix\nsystem\nU\x02ls\x85}\x92.'],
    ['INST', '(U\x02lsiposix\nsystem\n.'],
    ['OBJ', '(cposix\nsystem\nU\x02lso.'],
    [
      'a tensor with attributes',
      'ctorch._tensor\n_rebuild_from_type_v2\n(cposix\nsystem\nNU\x02ls\x85}tR.',
    ],
  ])('%s', (_, bytes) => {
    expect(() => load(bytes)).toThrow('hostile.pt asks to run posix.system, and nothing is run');
  });

  it('calls nothing by a name that every object has', () => {
    expect(() => load('c\nconstructor\n)R.')).toThrow('asks to run .constructor');
    expect(() => load('ctorch\n__proto__\n)R.')).toThrow('asks to run torch.__proto__');
  });

  it('changes no class', () => {
    expect(() => load('cposix\nsystem\n}b.')).toThrow('its pickle changes a class or function');
  });
});

describe('refuses a pickle that', () => {
  it.each<[string, string, RegExp]>([
    ['takes from an empty stack', '0.', /takes more than it made/],
    ['takes what lies below a mark', 'K\x01(0.', /takes more than it made/],
    ['lacks a mark', 't.', /lacks a mark/],
    ['recalls what it never made', 'h\x07.', /recalls value 7/],
    ['has an unknown instruction', '\xff.', /has the instruction 0xff/],
    ['is of a newer protocol', '\x80\x06.', /protocol 6/],
    ['has an endless integer', '\x8b\xff\xff\xff\x7f.', /integer of 2147483647 bytes/],
    ['calls a number', 'K\x01)R.', /calls something that is no class/],
    ['calls without a tuple', 'cposix\nsystem\nK\x01R.', /no tuple where one belongs/],
    ['sets an item of a number', 'K\x01K\x01K\x01s.', /item of something that is no dict/],
    ['appends to a number', 'K\x01K\x01a.', /appends to something that is no list/],
    ['refers to no storage', 'K\x01Q.', /refers to something that is no storage/],
    ['has a storage of no class', '(U\x07storageNU\x010NK\x01tQ.', /refers to something/],
    [
      'has a storage of an unknown class',
      '(U\x07storagectorch\nXStorage\nU\x010NK\x01tQ.',
      /unknown class torch\.XStorage/,
    ],
    [
      'makes a tensor of nothing',
      'ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))tR.',
      /a tensor has no storage/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => load(bytes)).toThrow(message);
  });

  it('describes a tensor with attributes by the function that does so', () => {
    const name = 'ctorch._tensor\n_rebuild_from_type_v2\n';
    // A list that is remembered and put into itself, as the arguments of the tensor.
    const itself = `]q\x00(${name}Nh\x00e`;
    expect(() => load(`${name}${itself}R.`)).toThrow('not described as torch does it');
  });

  it('makes dict after dict of one list', () => {
    const dict = 'ccollections\nOrderedDict\n';
    const list = `](${'NN\x86'.repeat(300)}eq\x00`;
    expect(load(`${dict}${list}\x85R.`)).toBeInstanceOf(Map);
    expect(() => load(`${dict}q\x01${list}${'h\x01h\x00\x85R'.repeat(300)}.`)).toThrow(
      'its dicts have more entries than it has bytes',
    );
  });

  const storage = '(U\x07storagectorch\nFloatStorage\nU\x010NK\x04tQ';
  const tensorOf = (arguments_: string): string =>
    `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${arguments_}tR.`;

  it('has a tensor whose numbers make no sense', () => {
    expect(load(tensorOf('K\x00K\x04\x85K\x01\x85'))).toBeInstanceOf(TorchTensor);
    expect(() => load(tensorOf('K\x00K\x04\x85)'))).toThrow('of 1 axes has 0 strides');
    expect(() => load(tensorOf('J\xff\xff\xff\xffK\x04\x85K\x01\x85'))).toThrow('no valid shape');
    expect(() => load(tensorOf('K\x00N\x85K\x01\x85'))).toThrow('no valid shape');
  });

  it('describes a storage in two ways', () => {
    const longer = storage.replace('K\x04', 'K\x05');
    expect(() => load(`${storage}${longer}.`)).toThrow('describes storage "0" in two ways');
  });

  it('is cut off anywhere', () => {
    const whole = tensorOf('K\x00K\x04\x85K\x01\x85');
    for (let length = 0; length < whole.length; length++) {
      expect(() => load(whole.slice(0, length))).toThrow(PickleCutOff);
    }
    expect(() => load('X\xff\xff\xff\xffabc.')).toThrow(PickleCutOff);
  });
});
