import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { regionOfPolygon } from './polygon.ts';
import { areaOf, paint, union, type Region } from './region.ts';
import { parseRunLengths, regionOfRuns } from './run-lengths.ts';

interface Case {
  readonly height: number;
  readonly width: number;
  readonly polygon: readonly number[];
  readonly compressed: string;
  readonly area: number;
  readonly spans: readonly number[];
}

const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures', 'masks.json'), 'utf8'),
) as readonly Case[];

const spansOf = ({ starts, ends }: Region): number[] =>
  starts.flatMap((start, i) => [start, ends[i]]);

test('polygons have the pixels that pycocotools gives them', () => {
  for (const { polygon, width, height, spans, area } of cases) {
    const region = union([regionOfPolygon(polygon, width, height, 'x')]);
    expect(spansOf(region)).toEqual(spans);
    expect(areaOf(region)).toBe(area);
  }
});

test('compressed run lengths have them, too', () => {
  for (const { compressed, width, height, spans } of cases) {
    const region = regionOfRuns(parseRunLengths(compressed, 'x'), width, height, 'x');
    expect(spansOf(union([region]))).toEqual(spans);
  }
});

test('known areas: a square with a square cut out by its own edge, even-odd', () => {
  const square = [1, 1, 9, 1, 9, 9, 1, 9];
  expect(areaOf(regionOfPolygon(square, 10, 10, 'x'))).toBe(64);
  const hole = [...square, 1, 1, 3, 3, 3, 6, 6, 6, 6, 3, 3, 3];
  expect(areaOf(regionOfPolygon(hole, 10, 10, 'x'))).toBe(64 - 9);
});

test('union and paint agree with sets of pixels', () => {
  const runs = fc.array(fc.tuple(fc.nat(59), fc.nat(59)), { maxLength: 6 });
  fc.assert(
    fc.property(runs, (pairs) => {
      const regions = pairs.map(([a, b]) => ({
        starts: [Math.min(a, b)],
        ends: [Math.max(a, b) + 1],
      }));
      const all = union(regions);
      const data = new Uint8Array(60);
      paint(all, 7, data, 10, 6);
      const expected = Array.from({ length: 60 }, (_, i) => {
        const place = (i % 10) * 6 + Math.floor(i / 10);
        return regions.some((r) => r.starts[0] <= place && place < r.ends[0]) ? 7 : 0;
      });
      expect([...data]).toEqual(expected);
      expect(areaOf(all)).toBe(expected.filter(Boolean).length);
    }),
  );
});

describe('what is broken is refused', () => {
  it.each([
    ['two points', [0, 0, 1, 1]],
    ['half a point', [0, 0, 1, 1, 2, 2, 3]],
    ['points far away', [0, 0, 1e9, 1, 2, 2]],
    ['no numbers', [0, 0, NaN, 1, 2, 2]],
  ])('%s', (_, polygon) => {
    expect(() => regionOfPolygon(polygon, 10, 10, 'a.json: annotation 3')).toThrow(
      'a.json: annotation 3 has a polygon',
    );
  });

  it('run lengths that do not fill the picture, or go back', () => {
    expect(() => regionOfRuns([3, 4], 2, 4, 'x')).toThrow('run lengths of 7 pixels');
    expect(() => regionOfRuns([9, -1], 2, 4, 'x')).toThrow('run lengths of NaN pixels');
    expect(() => parseRunLengths('o', 'x')).toThrow('broken run-length string');
    expect(() => parseRunLengths('oooooooo0', 'x')).toThrow('broken run-length string');
    expect(() => parseRunLengths(' ', 'x')).toThrow('broken run-length string');
  });
});
