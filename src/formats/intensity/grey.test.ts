import { describe, expect, it } from 'vitest';
import { greyImage, percentileWindow, rangeWindow } from './grey.ts';

const picture = (...values: number[]): Parameters<typeof greyImage>[0] => ({
  width: values.length,
  height: 1,
  values: Float64Array.from(values),
});

describe('greyImage', () => {
  it('cuts off what is outside, rounds, and has three equal channels', () => {
    const image = greyImage(picture(-50, 0, 25, 100, 1e9), rangeWindow(0, 100));
    expect([...image.data]).toEqual([0, 0, 0, 0, 0, 0, 64, 64, 64, 255, 255, 255, 255, 255, 255]);
  });

  it('inverts', () => {
    const { data } = greyImage(picture(0, 25, 100), rangeWindow(0, 100), true);
    expect([data[0], data[3], data[6]]).toEqual([255, 191, 0]);
  });

  it('shows one value as black', () => {
    expect([...greyImage(picture(7, 7), percentileWindow(Float64Array.of(7, 7))).data]).toEqual(
      Array.from({ length: 6 }, () => 0),
    );
  });
});
