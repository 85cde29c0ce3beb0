import { expect, it } from 'vitest';
import { noiseOf } from './key.ts';

/**
 * HKDF-SHA-256, AES-256-CTR, then Box and Muller, computed with OpenSSL and Python. Bundles are
 * locked to these numbers: they must never change.
 */
it.each([
  [0, [1.440105, -0.914056, -0.55834, -0.088631]],
  [1, [-0.768765, 0.208479, 0.915406, -0.36042]],
])("draw %d of a secret's noise is what other implementations compute", (draw, expected) => {
  const secret = Uint8Array.from({ length: 16 }, (_, i) => i * 16);
  const noise = noiseOf({ prompt: 'any', secret }, 0, 4, draw);
  expect(Array.from(noise, (z) => Number(z.toFixed(6)))).toEqual(expected);
});
