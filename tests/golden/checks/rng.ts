import { TorchGenerator } from '../../../src/base/random/torch.ts';
import { tensor, toNumbers } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';

type Draw = (generator: TorchGenerator, parameters: readonly number[]) => ArrayLike<number>;

interface Series {
  readonly draw: Draw;
  /** Whether torch's own values can be met bit for bit. */
  readonly exact: (parameters: readonly number[]) => boolean;
}

const always = (): boolean => true;
const never = (): boolean => false;
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** What each name in the file draws, with the numbers that follow it: arguments, then the size. */
const series: Readonly<Record<string, Series>> = {
  rand: { draw: (g, shape) => g.rand(size(shape)), exact: always },
  uniform: { draw: (g, [low, high, n]) => g.uniform(low, high, n), exact: always },
  bernoulli: { draw: (g, [p, tenths, n]) => g.bernoulli(p + tenths / 10, n), exact: always },
  randn: { draw: (g, shape) => g.randn(size(shape)), exact: (shape) => size(shape) < 16 },
  randn64: { draw: (g, [n]) => g.randn64(n), exact: never },
  normal: {
    draw: (g, [mean, std, tenths, n]) => g.normal(mean, std + tenths / 10, n),
    exact: never,
  },
  // With its bounds of +-2, none of the values of so narrow a distribution is cut off.
  trunc_normal: { draw: (g, [n]) => g.normal(0, 0.02, n), exact: never },
  randint: {
    draw: (g, parameters) => {
      const [low, high, n] = parameters.length === 3 ? parameters : [0, ...parameters];
      return g.randint(low, high, n);
    },
    exact: always,
  },
  randperm: { draw: (g, [n]) => g.randperm(n), exact: always },
};

/** `seedS[.sequence.I|.mixed.I].KIND.PARAMETERS`; draws of one sequence come from one generator. */
const namePattern = /^seed(-?\d+)\.(?:(sequence|mixed)\.(\d+)\.)?([a-z_0-9]+)\.(.+)$/;

export async function check(golden: GoldenCase): Promise<void> {
  const sequences = new Map<string, TorchGenerator>();
  const draws = [...golden.tensors().keys()]
    .map((name) => {
      const [, seed, sequence, place, kind, rest] = namePattern.exec(name)!;
      return { name, seed, sequence, place: Number(place ?? 0), kind, parameters: numbersOf(rest) };
    })
    .sort((a, b) => a.place - b.place);
  for (const { name, seed, sequence, kind, parameters } of draws) {
    const { draw, exact } = series[kind];
    const id = `${seed}.${sequence}`;
    const generator = (sequence && sequences.get(id)) || new TorchGenerator(BigInt(seed));
    if (sequence) sequences.set(id, generator);
    // Of long draws the first values are stored.
    const expected = golden.tensor(name);
    const values = Float32Array.from(draw(generator, parameters)).slice(0, expected.data.length);
    if (exact(parameters)) golden.same(name, [...values], toNumbers(expected));
    else golden.compareWith(name, tensor('float32', expected.shape, values), expected);
  }
}

/** `1x4x32x32` is a shape; arguments stand between dots, and so do their tenths. */
const numbersOf = (text: string): number[] => text.split(/[x.]/).map(Number);
