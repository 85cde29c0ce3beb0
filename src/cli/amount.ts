import type { ProgressEvent } from '../index.ts';

/** How far a stage is, and how fast it goes. */
export interface Pace {
  /** `12/64 images, 3.1/s`, `412 MB of 1.72 GB, 35.1 MB/s`. */
  readonly amount: string;
  /** Seconds that the rest will take; `undefined` as long as nobody can tell. */
  readonly left: number | undefined;
}

/** Watches one stage from its first event on. */
export class PaceMeter {
  readonly #start: number;
  #first: number | undefined;

  /** @param now in milliseconds. */
  constructor(now: number) {
    this.#start = now;
  }

  read({ done, total, unit }: ProgressEvent, now: number): Pace {
    // What an earlier run has done says nothing of how fast this one is.
    this.#first ??= done;
    const rate = (done - this.#first) / Math.max(1e-3, (now - this.#start) / 1000);
    const left = rate > 0 ? (total - done) / rate : undefined;
    if (unit === 'bytes') {
      const speed = rate > 0 ? `, ${bytes(rate)}/s` : '';
      return { amount: `${bytes(done)} of ${bytes(total)}${speed}`, left };
    }
    return { amount: `${done}/${total} ${unit}${rate > 0 ? `, ${pace(rate)}` : ''}`, left };
  }
}

/** So many in a second, or how long each takes: `3.1/s`, `12 s each`. */
function pace(rate: number): string {
  return rate >= 1 ? `${short(rate)}/s` : `${short(1 / rate)} s each`;
}

const short = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

const units = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
] as const;

/** Bytes in three digits: `1.72 GB`, `35.1 MB`. */
export function bytes(count: number): string {
  const [size, name] = units.find(([least]) => count >= least) ?? [1, 'B'];
  const value = count / size;
  const decimals = size === 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(decimals)} ${name}`;
}

/** Seconds as `48 s`, `3 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
