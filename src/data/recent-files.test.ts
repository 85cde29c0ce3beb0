import { describe, expect, it } from 'vitest';
import { RecentFiles } from './recent-files.ts';

/** Files of so many bytes by name, and how often each was opened. */
class Shelf {
  readonly opened: string[] = [];
  readonly #files: RecentFiles<{ bytes: Uint8Array }>;

  constructor(limit: number) {
    this.#files = new RecentFiles(limit);
  }

  async take(name: string, size: number): Promise<void> {
    await this.#files.get(name, () => {
      this.opened.push(name);
      return Promise.resolve({ bytes: new Uint8Array(size) });
    });
  }
}

describe('RecentFiles', () => {
  it('drops the least recently used beyond its limit', async () => {
    const shelf = new Shelf(10);
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await shelf.take(name, 4);
    expect(shelf.opened).toEqual(['a', 'b', 'c', 'b']);
  });

  it('keeps the last file however large it is', async () => {
    const shelf = new Shelf(10);
    for (const name of ['a', 'a', 'b', 'b', 'a']) await shelf.take(name, 20);
    expect(shelf.opened).toEqual(['a', 'b', 'a']);
  });

  it('opens a file once for those who want it at the same time, and again after a failure', async () => {
    const files = new RecentFiles<{ bytes: Uint8Array }>();
    let opened = 0;
    const open = (fails: boolean) => (): Promise<{ bytes: Uint8Array }> => {
      opened += 1;
      return fails
        ? Promise.reject(new Error('broken'))
        : Promise.resolve({ bytes: new Uint8Array(1) });
    };
    const both = await Promise.allSettled([files.get('a', open(true)), files.get('a', open(true))]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await files.get('a', open(false));
    expect(opened).toBe(2);
  });

  it('takes no longer for each of many small files', async () => {
    const files = new RecentFiles<{ bytes: Uint8Array }>();
    const file = { bytes: new Uint8Array(1) };
    // A fraction of a second; a minute, if each had to look at all before it.
    const start = performance.now();
    for (let i = 0; i < 100_000; i++) await files.get(String(i), () => Promise.resolve(file));
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
