/**
 * modellock beside PyTorch, in alternation in one run: `npm run bench [-- NAME...]`.
 *
 * Each side of a case is a process of its own. In every round each does the work once, together
 * with a matrix product on both sides, so that a change of the machine's mood meets all of them;
 * the fastest round counts. Needs no Python: without PyTorch the peers are left out.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelLockError, messageOf } from '../src/base/error.ts';
import { table } from '../src/report/terminal/table.ts';
import { cases, matmul, type Case } from './cases.ts';
import { makeInstructPix2Pix } from './diffusion/checkpoint.ts';
import { machine } from './machine.ts';
import { Subject, type Side } from './subject.ts';

const defaultWarmUp = 2;
/** Thread pools spin for a while after their work; the next one is not to suffer from it. */
const pauseMs = 30;

interface Measured {
  /** Milliseconds of the fastest round. */
  readonly ms: number;
  /** Bytes, where the system says. */
  readonly memory: number | undefined;
}

interface Running {
  readonly side: Side;
  readonly of: Case;
  readonly subject: Subject;
  readonly flops: number;
  /** Milliseconds of the fastest round. */
  best: number;
  /** Numbers from what came out of the last round, where the work has a result. */
  output?: readonly number[] | undefined;
}

interface Row {
  readonly name: string;
  readonly ours: Measured;
  readonly pytorch: Measured | undefined;
  /** Floating-point operations of the graph's products and convolutions. */
  readonly flops: number;
  /** FLOPS of the faster side's matrix product in the same rounds. */
  readonly rate: number;
  /** Largest difference between the two sides' results, where the work has one. */
  readonly difference: number | undefined;
}

async function run(c: Case, sides: readonly Side[], threads: number): Promise<Row> {
  const subjects: Running[] = [];
  try {
    for (const of of c === matmul ? [matmul] : [c, matmul]) {
      for (const side of sides) {
        const { subject, about } = await Subject.start(side, of, threads);
        subjects.push({ side, of, subject, flops: Number(about['flops']), best: Infinity });
      }
    }
    for (let round = -(c.warmUp ?? defaultWarmUp); round < c.rounds; round++) {
      for (const one of subjects) {
        const { ms, output } = await one.subject.once();
        if (round >= 0) one.best = Math.min(one.best, ms);
        one.output = output;
        await sleep(pauseMs);
      }
    }
    const measured = (side: Side): Measured | undefined => {
      const one = subjects.find((s) => s.side === side && s.of === c);
      return one && { ms: one.best, memory: one.subject.peakMemory() };
    };
    const products = subjects.filter((s) => s.of === matmul);
    return {
      name: c.name,
      ours: measured('ours')!,
      pytorch: measured('pytorch'),
      flops: subjects[0].flops,
      rate: (2 * matmul.batch ** 3 * 1000) / Math.min(...products.map((s) => s.best)),
      difference: differenceOf(subjects.filter((s) => s.of === c)),
    };
  } finally {
    for (const { subject } of subjects) subject.stop();
  }
}

function differenceOf([ours, pytorch]: readonly Running[]): number | undefined {
  const [a, b] = [ours.output, pytorch?.output];
  return a && b && Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

const columns = [
  { heading: 'case' },
  ...[
    'ours ms',
    'PyTorch ms',
    'speed',
    'GFLOPS',
    'matmul GFLOPS',
    'share',
    'ours MiB',
    'PyTorch MiB',
  ].map((heading) => ({ heading, align: 'right' as const })),
];

function cells({ name, ours, pytorch, flops, rate }: Row): string[] {
  const show = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '-';
  const speed = (flops * 1000) / ours.ms;
  const mebibytes = (of: Measured | undefined): number | undefined =>
    of?.memory && of.memory / 2 ** 20;
  return [
    name,
    show(ours.ms, 1),
    show(pytorch?.ms, 1),
    pytorch ? `${show(pytorch.ms / ours.ms, 2)}x` : '-',
    show(speed / 1e9, 0),
    show(rate / 1e9, 0),
    `${show((100 * speed) / rate, 0)} %`,
    show(mebibytes(ours), 0),
    show(mebibytes(pytorch), 0),
  ];
}

function chosen(names: readonly string[]): readonly Case[] {
  const all = [matmul, ...cases];
  const isNamed = (c: Case, name: string): boolean => c.name === name || c.group === name;
  const unknown = names.find((name) => !all.some((c) => isNamed(c, name)));
  if (unknown !== undefined) {
    throw new ModelLockError('usage', `no benchmark is called "${unknown}"`, {
      valid: [...new Set(all.flatMap((c) => [c.name, ...(c.group ? [c.group] : [])]))],
    });
  }
  return all.filter((c) => (names.length === 0 ? !c.slow : names.some((name) => isNamed(c, name))));
}

function canImport(modules: string): boolean {
  return spawnSync('python3', ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0;
}

async function main(names: readonly string[]): Promise<void> {
  const selected = chosen(names);
  const threads = availableParallelism();
  console.log(machine(threads));
  const rows: Row[] = [];
  for (const c of selected) {
    const needed = c.work === 'edit' ? 'torch, diffusers' : 'torch, transformers';
    const sides: Side[] = canImport(needed) ? ['ours', 'pytorch'] : ['ours'];
    if (sides.length === 1) console.error(`PyTorch is skipped: python3 cannot import ${needed}`);
    console.error(`${c.name} ...`);
    if (c.work === 'edit') makeInstructPix2Pix(c.folder!);
    rows.push(await run(c, sides, threads));
  }
  console.log(table(columns, rows.map(cells), 200).join('\n'));
  console.log(
    'speed: PyTorch ms / ours ms. share: of the faster matrix product in the same rounds.',
  );
  for (const { name, difference } of rows) {
    if (difference !== undefined) {
      console.log(`${name}: the results differ by at most ${difference.toExponential(1)}.`);
    }
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = error instanceof ModelLockError && error.code === 'usage' ? 2 : 1;
}
