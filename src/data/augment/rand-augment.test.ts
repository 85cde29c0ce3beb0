import { describe, expect, it, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import type { RgbImage } from '../../tensor/image.ts';
import { ignoreIndex } from '../../tensor/label-map.ts';
import { changed, changedMap, changeNames, drawChanges, type ChangeName } from './rand-augment.ts';

const [width, height] = [4, 3];
const picture: RgbImage = {
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return (((x * 37 + y * 91 + c * 53 + ((x * y * 7) % 23) * 5) * (c + 3)) % 200) + 20;
  }),
};
const fill = [124, 116, 104] as const;

/** By timm 0.4.5's functions with Pillow 13: magnitude 9, sign +1; and magnitude 4.3, sign -1. */
const expected: readonly (readonly [ChangeName, strong: string, weak: string])[] = [
  [
    'autoContrast',
    '00009eace683229569ce444f71ffff8a50b8a3d972bc2b2be3c70068f2ed42c0a7ffec34',
    '00009eace683229569ce444f71ffff8a50b8a3d972bc2b2be3c70068f2ed42c0a7ffec34',
  ],
  [
    'equalize',
    '14209683b4872a8078994c695dc4cd6d54a57dac7d8d3c55a6a03c57bcc33f9c9bb8b85a',
    '14209683b4872a8078994c695dc4cd6d54a57dac7d8d3c55a6a03c57bcc33f9c9bb8b85a',
  ],
  [
    'invert',
    'ebdf697c4b78d57f8766b396a23b3292ab5a82538272c3aa595fc3a8433cc063644747a5',
    'ebdf697c4b78d57f8766b396a23b3292ab5a82538272c3aa595fc3a8433cc063644747a5',
  ],
  [
    'rotate',
    '7c746852b67d5f6f6b8d1d53355fac775c9577ad899c935f78e2b6729ea32cb0cd7c7468',
    '1d58ba7592912f997c74556e7fcca56856aa78a87a89335b99a9523dbdd25c9e84b0864f',
  ],
  [
    'posterize',
    '000080808080008000800000008080000080008000800000808000008080008080808000',
    '00208080a08020806080406040c0c06040a060a060802040a0a02040a0c0208080a0a040',
  ],
  [
    'solarize',
    '14df697c4b78d57f8766b396a23b3292ab5a82538272c3aa595fc3a8433cc063644747a5',
    '142069834b872a8078664c695d3b326d545a7d537d8d3c55595f3c57433c3f636447475a',
  ],
  [
    'solarizeAdd',
    '77839683b4878d80db99afccc0c4cdd0b7a5e0ace08d9fb8a6a09fbabcc3a29c9bb8b8bd',
    '434f9683b4875980a7997b988cc4cd9c83a5acacac8d6b84a6a06b86bcc36e9c9bb8b889',
  ],
  [
    'saturation',
    '0217ed6bc472009587c2366b21dcec7346d866bb66b82653b2a8001cd3e00ab2b0c0c016',
    '1c236c8eac9040757085566779b8bd695a8c87a4877846559f9c5e72b0b5589190b3b37a',
  ],
  [
    'contrast',
    '0000a886de8d008072ae225741fbff5e31c37bd07b980532c5ba0536edfa0bb3b1e6e63c',
    '3d448d819f834a7f7a8e5f716aa9ae7364967d9a7d87556596935566a4a8579090a1a168',
  ],
  [
    'brightness',
    '2439ffedfff44ce7d9ff89bea8ffffc598ffe2ffe2ff6c99ffff6c9dffff72ffffffffa2',
    '0c135b506e52194e495d2e4039787d4233654c694c562434656224357377265f5f707037',
  ],
  [
    'sharpness',
    '14209683b4872a8078994c695dc4cd7531af82c0798d3c55a6a03c57bcc33f9c9bb8b85a',
    '14209683b4872a8078994c695dc4cd68649f7aa27e8d3c55a6a03c57bcc33f9c9bb8b85a',
  ],
  [
    'shearX',
    '24349480bc832f7374a44667618ec0747292858b678f2b4f74b79d2fa4bb8eac6c7c7468',
    '0d179680ad88298679914f695ad2d2675eb178a5888a545bb19b2874b79d2fa4bb8fac6c',
  ],
  [
    'shearY',
    '1c369f7c82906ba0768b36556ecfbe6070b559a491b5b159ad9c2d53cac77c74687c7468',
    '0f169285c0831d79779a4e6b54bbd174599b6ba0768c325da1a2455aa4be58a491a37e55',
  ],
  [
    'translateX',
    '45a87e665b6d7c74687c746876908e886e607c74687c74682fa6bf87aa6f7c74687c7468',
    '7c746830439379be82376d727c74685fa7c5725d98829e6e7c746895a75c42b7ce579d86',
  ],
  [
    'translateY',
    '76d1b5655daf7aae84945453af9b2854c9c636999ebdc85a7c74687c74687c74687c7468',
    '7c74687c74687c74687c74682b68bb7c81905394778f386085cc976072b56eab8a9d6d54',
  ],
];

const hex = ({ data }: RgbImage): string => Buffer.from(data).toString('hex');

describe('a change', () => {
  it.each(expected)('%s is timm’s, byte for byte', (name, strong, weak) => {
    expect(hex(changed(picture, [{ name, strength: 0.9, sign: 1 }], fill))).toBe(strong);
    expect(hex(changed(picture, [{ name, strength: 0.43, sign: -1 }], fill))).toBe(weak);
  });

  it('has a reference for each name', () => {
    expect(expected.map(([name]) => name).sort()).toEqual([...changeNames].sort());
  });

  it.each(changeNames)('%s takes pictures of one colour and of one pixel', (name) => {
    for (const [w, h] of [
      [1, 1],
      [5, 1],
      [2, 2],
    ]) {
      const flat = { width: w, height: h, data: new Uint8Array(w * h * 3).fill(77) };
      const result = changed(flat, [{ name, strength: 1, sign: 1 }], fill);
      expect(result).toMatchObject({ width: w, height: h });
      expect(result.data).toHaveLength(w * h * 3);
    }
  });
});

test('changes are made one after the other', () => {
  const [first, second] = [
    { name: 'invert', strength: 0, sign: 1 },
    { name: 'translateX', strength: 0.9, sign: 1 },
  ] as const;
  const both = changed(picture, [first, second], fill);
  expect(both).toEqual(changed(changed(picture, [first], fill), [second], fill));
  expect(both).not.toEqual(changed(picture, [second, first], fill));
});

test.each(changeNames)('classes stay with their pixels: %s', (name) => {
  // Two colours, so that no pixel lies between them but where they meet.
  const [w, h] = [24, 16];
  const classOf = (i: number): number => Number((i % w) + Math.floor(i / w) > 18);
  const map = {
    width: w,
    height: h,
    data: Uint8Array.from({ length: w * h }, (_, i) => classOf(i)),
  };
  const image = { width: w, height: h, data: new Uint8Array(w * h * 3) };
  image.data.forEach((_, i) => (image.data[i] = 60 + 120 * classOf(Math.floor(i / 3))));
  const drawn = [{ name, strength: 0.5, sign: 1 }];
  const shapeOnly = changed(image, drawn, [0, 0, 0]);
  const labels = changedMap(map, drawn).data;
  if (labels.every((label, i) => label === map.data[i])) return;
  const wrong = labels.filter((label, i) => {
    const value = shapeOnly.data[3 * i];
    if (label === ignoreIndex) return value !== 0;
    return label === 1 ? value < 100 : value > 140;
  });
  expect(labels.includes(ignoreIndex)).toBe(true);
  expect(wrong.length).toBeLessThan(4);
});

describe('drawChanges', () => {
  const options = { changes: 2, probability: 0.5, magnitude: 9, spread: 0.5 };
  const draws = Array.from({ length: 4000 }, (_, i) => drawChanges(options, counterRandom(3, i)));
  const all = draws.flat();

  it('makes half of two changes, each kind as often as the others', () => {
    expect(all.length / draws.length).toBeCloseTo(1, 1);
    for (const name of changeNames) {
      const share = all.filter((change) => change.name === name).length / all.length;
      expect(Math.abs(share * changeNames.length - 1)).toBeLessThan(0.3);
    }
  });

  it('varies the strength around its mean, within its range', () => {
    const strengths = all.map(({ strength }) => strength);
    const mean = strengths.reduce((a, b) => a + b) / strengths.length;
    expect(mean).toBeGreaterThan(0.88);
    expect(mean).toBeLessThan(0.91);
    expect(Math.max(...strengths)).toBe(1);
    expect(Math.min(...strengths)).toBeGreaterThan(0.6);
    expect(new Set(all.map(({ sign }) => sign))).toEqual(new Set([1, -1]));
  });

  it('leaves a picture alone where there is nothing to do', () => {
    expect(changed(picture, drawChanges({ ...options, changes: 0 }, counterRandom(1)), fill)).toBe(
      picture,
    );
  });
});
