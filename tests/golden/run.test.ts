import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** Three short runs: a comparison that compares nothing would pass for ever. */

const folder = mkdtempSync(join(tmpdir(), 'golden-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function golden(dir: string, ...filters: string[]): { code: number | null; stdout: string } {
  const script = join(import.meta.dirname, 'run.ts');
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', script, ...filters], {
    encoding: 'utf8',
    env: { ...process.env, GOLDEN_DIR: dir },
  });
  return { code: status, stdout };
}

describe('nothing to compare is a failure', () => {
  it.each([
    ['in a folder that is not there', join(folder, 'none'), 'none'],
    ['in a folder without cases', folder, folder],
  ])('%s', (_, dir, named) => {
    const { code, stdout } = golden(dir);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED {3}there is no case in .*\n0 passed, 1 failed, 0 skipped\n$/);
    expect(stdout).toContain(named);
  });

  it('for a filter that no name has', () => {
    const dir = join(folder, 'one');
    mkdirSync(join(dir, 'rng'), { recursive: true });
    writeFileSync(join(dir, 'rng', 'case.json'), '{}');
    const { code, stdout } = golden(dir, 'clasifiers');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^FAILED {3}no case in .* has "clasifiers" in its name\n0 passed, 1 failed, 0 skipped\n$/,
    );
  });
});
