import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../src/base/error.ts';
import { GoldenCase, goldenDir, isGoldenDirGiven, type GoldenCheck } from './case.ts';

/** The check of each family of cases: the first folder of its path. */
const checks: Readonly<Record<string, () => Promise<{ check: GoldenCheck }>>> = {
  classifiers: () => import('./checks/classifiers.ts'),
  clip: () => import('./checks/clip.ts'),
  images: () => import('./checks/images.ts'),
  metrics: () => import('./checks/metrics.ts'),
  onnx: () => import('./checks/onnx.ts'),
  ops: () => import('./checks/ops.ts'),
  pipelines: () => import('./checks/pipelines.ts'),
  rng: () => import('./checks/rng.ts'),
  schedulers: () => import('./checks/schedulers.ts'),
  tokenizer: () => import('./checks/tokenizer.ts'),
  training: () => import('./checks/training.ts'),
  unet: () => import('./checks/unet.ts'),
  vae: () => import('./checks/vae.ts'),
};

type Outcome = 'ok' | 'FAILED';

/** Runs a check. What it throws is a mismatch; throws where there is no case to check. */
async function compare(
  name: string,
  load: () => Promise<{ check: GoldenCheck }>,
): Promise<GoldenCase> {
  const golden = new GoldenCase(join(goldenDir, name));
  try {
    const { check } = await load();
    await check(golden);
  } catch (error) {
    golden.fail(messageOf(error));
  }
  if (golden.compared === 0) golden.fail('nothing was compared');
  return golden;
}

async function runCase(name: string): Promise<{ outcome: Outcome; lines: string[] }> {
  const load = checks[name.split('/')[0]];
  if (!load) return { outcome: 'FAILED', lines: ['no check knows this family'] };
  const { mismatches, compared, leftOut } = await compare(name, load).catch((error: unknown) => ({
    mismatches: [`case.json: ${messageOf(error)}`],
    compared: 0,
    leftOut: new Map<string, string[]>(),
  }));
  const shown = mismatches.slice(0, 6);
  if (mismatches.length > shown.length) shown.push(`and ${mismatches.length - shown.length} more`);
  return mismatches.length > 0
    ? { outcome: 'FAILED', lines: shown }
    : { outcome: 'ok', lines: [`${compared} compared`, ...[...leftOut].map(leftOutText)] };
}

const leftOutText = ([why, names]: readonly [string, readonly string[]]): string =>
  `left out: ${names.join(', ')}; ${why}`;

function caseNames(): string[] {
  if (!existsSync(goldenDir)) return [];
  return readdirSync(goldenDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === 'case.json')
    .map(dirname)
    .sort();
}

/** Why there is nothing to compare though somebody asked for it; one line for each thing asked for. */
function missing(names: readonly string[], filters: readonly string[]): string[] {
  if (names.length === 0 && isGoldenDirGiven) return [`there is no case in ${goldenDir}`];
  return filters
    .filter((filter) => !names.some((name) => name.includes(filter)))
    .map((filter) => `no case in ${goldenDir} has "${filter}" in its name`);
}

async function main(filters: readonly string[]): Promise<void> {
  const counts: Record<Outcome | 'skipped', number> = { ok: 0, FAILED: 0, skipped: 0 };
  const names = caseNames();
  const unmet = missing(names, filters);
  for (const line of unmet) console.log(`FAILED   ${line}`);
  counts.FAILED += unmet.length;
  if (names.length === 0 && unmet.length === 0) {
    console.log(`skipped: there is no golden data at ${goldenDir} (set GOLDEN_DIR)`);
    counts.skipped += 1;
  }
  for (const name of names) {
    if (filters.length > 0 && !filters.some((filter) => name.includes(filter))) continue;
    const { outcome, lines } = await runCase(name);
    counts[outcome] += 1;
    const [first = '', ...rest] = lines;
    const isFailed = outcome === 'FAILED';
    console.log(isFailed ? `FAILED   ${name}` : `ok       ${name.padEnd(44)} ${first}`);
    for (const line of isFailed ? lines : rest) console.log(`           ${line}`);
  }
  console.log(`${counts.ok} passed, ${counts.FAILED} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.FAILED > 0 ? 1 : 0;
}

await main(process.argv.slice(2));
