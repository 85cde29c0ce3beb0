import { TorchGenerator } from '../../../src/base/random/torch.ts';
import { tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';

type Draw = (generator: TorchGenerator, parameters: readonly number[]) => ArrayLike<number>;

/** What each name in the file draws, with the numbers that follow it. */
const draws: Readonly<Record<string, Draw>> = {
  rand: (g, [n]) => g.rand(n),
  randn: (g, [n]) => g.randn(n),
  randn64: (g, [n]) => g.randn64(n),
  randint: (g, parameters) => {
    const [low, high, n] = parameters.length === 3 ? parameters : [0, ...parameters];
    return g.randint(low, high, n);
  },
  randperm: (g, [n]) => g.randperm(n),
};

/** Draws that are nothing but `rand` with further arithmetic of torch's distributions. */
const notOurs = new Set(['bernoulli', 'normal', 'uniform', 'trunc_normal']);

export async function check(golden: GoldenCase): Promise<void> {
  const sequences = new Map<string, TorchGenerator>();
  const names = [...golden.tensors().keys()].sort(
    (a, b) =>
      Number(/\.(?:sequence|mixed)\.(\d+)\./.exec(a)?.[1] ?? -1) -
      Number(/\.(?:sequence|mixed)\.(\d+)\./.exec(b)?.[1] ?? -1),
  );
  for (const name of names) {
    const [, seed, series, kind, rest] =
      /^seed(-?\d+)\.(?:((?:sequence|mixed))\.\d+\.)?([a-z_0-9]+)\.(.+)$/.exec(name)!;
    if (notOurs.has(kind)) continue;
    const parameters = rest.includes('x')
      ? [rest.split('x').reduce((product, n) => product * Number(n), 1)]
      : rest.split('.').map(Number);
    const id = `${seed}.${series}`;
    const generator = (series && sequences.get(id)) || new TorchGenerator(BigInt(seed));
    if (series) sequences.set(id, generator);
    // Of long draws the first values are stored.
    const expected = golden.tensor(name);
    const values = Float32Array.from(draws[kind](generator, parameters)).slice(
      0,
      expected.data.length,
    );
    golden.compareWith(name, tensor('float32', expected.shape, values), expected);
  }
}
