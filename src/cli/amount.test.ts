import { describe, expect, it } from 'vitest';
import { bytes, duration, PaceMeter } from './amount.ts';

describe('PaceMeter', () => {
  it('counts in the unit of the stage', () => {
    const meter = new PaceMeter(0);
    const event = { stage: 'edit', total: 64, unit: 'images' };
    expect(meter.read({ ...event, done: 0 }, 0)).toEqual({
      amount: '0/64 images',
      left: undefined,
    });
    expect(meter.read({ ...event, done: 16 }, 4000)).toEqual({
      amount: '16/64 images, 4.0/s',
      left: 12,
    });
    expect(meter.read({ ...event, done: 16 }, 320_000).amount).toBe('16/64 images, 20 s each');
  });

  it('says bytes in words, and how fast they come', () => {
    const meter = new PaceMeter(0);
    const event = { stage: 'download', total: 1_720_000_000, unit: 'bytes' };
    expect(meter.read({ ...event, done: 0 }, 0).amount).toBe('0 B of 1.72 GB');
    expect(meter.read({ ...event, done: 412_000_000 }, 10_000)).toEqual({
      amount: '412 MB of 1.72 GB, 41.2 MB/s',
      left: expect.closeTo(31.7, 1) as number,
    });
  });

  it('does not take what was there for speed, nor a new start for a negative one', () => {
    const meter = new PaceMeter(0);
    const event = { stage: 'download', total: 1000, unit: 'bytes' };
    meter.read({ ...event, done: 500 }, 0);
    expect(meter.read({ ...event, done: 600 }, 1000)).toEqual({
      amount: '600 B of 1.00 kB, 100 B/s',
      left: 4,
    });
    expect(meter.read({ ...event, done: 100 }, 2000)).toEqual({
      amount: '100 B of 1.00 kB',
      left: undefined,
    });
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [35_120_000, '35.1 MB'],
  [412_000_000, '412 MB'],
  [4_265_146_304, '4.27 GB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

it.each([
  [0.2, '1 s'],
  [99, '99 s'],
  [170, '3 min'],
  [7500, '2 h 5 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
