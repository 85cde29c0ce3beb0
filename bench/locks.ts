/**
 * The tables of locks in docs/benchmarks.md: `npm run bench:locks -- [--set SET] [--recipe NAMES]`.
 *
 * For every set and seed a baseline; for every key, seed and recipe a lock with default options,
 * scored beside it. Each result is a file: killed and run again, it goes on; when all are there it
 * prints the tables.
 */
import { Option } from '@commander-js/extra-typings';
import { recipes, type RecipeName } from '../src/index.ts';
import { recipeNamed } from '../src/lock/recipe.ts';
import {
  type BenchOptions,
  lockBenchCommand,
  namesOf,
  publish,
  quick,
  runBench,
  runJobs,
  setsOf,
  tuningOf,
} from './command.ts';
import { isThere, sets, titleOf, type SetPlan } from './data/sets.ts';
import type { Pinned } from './jobs/job.ts';
import { prompts, withSecret } from './jobs/keys.ts';
import { lockJobs, pinModel, pinPocket, type Pocket } from './jobs/plan.ts';
import { lockTable, provenance } from './tables/lock-table.ts';

const setNames = Object.keys(sets) as (keyof typeof sets)[];

await runBench(
  lockBenchCommand('bench:locks', 'measure locks: LP, UP, wrong keys, decoders, time and memory')
    .addOption(
      new Option('--set <name>', 'data set').choices([...setNames, 'all']).default('all' as const),
    )
    .addOption(
      new Option('--recipe <names>', 'recipes, with commas between')
        .argParser(namesOf(recipes))
        .default(['hardened', 'paper'] as RecipeName[], 'hardened,paper'),
    )
    .option('--share-edits', 'make edits once for all locks, and measure no time that they take')
    .action(async ({ set: wanted, recipe: chosen, prompt, ...options }) => {
      const names = wanted === 'all' ? setNames : [wanted];
      const plans = await setsOf(
        options,
        names.map((name) => sets[name]),
      );
      const pocket = await pinPocket();
      const { keys = options.quick ? 1 : 3, seeds = options.quick ? 2 : 3 } = options;
      const pinned = await Promise.all(
        plans.map(async (set) => ({ set, model: await modelOf(set, pocket, options) })),
      );
      const groups = pinned.flatMap(({ set, model }) =>
        chosen.map((recipe) => ({
          set,
          title: `${titleOf(set)}, ${recipe}`,
          jobs:
            model &&
            lockJobs({
              ...pocket,
              model,
              set,
              recipe: recipeNamed(recipe, set.task),
              keys: (prompt ?? prompts.slice(0, keys)).map(withSecret),
              seeds,
              tuning: tuningOf(options),
              baselineTuning: tuningOf(options),
              decoyImages: options.quick ? quick.decoyImages : null,
            }),
        })),
      );
      const jobs = groups.flatMap((group) => group.jobs ?? []);
      const { resultsOf, all, baselines } = await runJobs(jobs, plans, options);
      const isBegun = ({ jobs: own }: (typeof groups)[number]): boolean =>
        own === undefined || resultsOf(own).length > 0;
      const tables = groups
        .filter(isBegun)
        .flatMap(({ set, title, jobs: own }) => [
          `### ${title}`,
          own
            ? lockTable(set, own, resultsOf(own))
            : `Results are found by what is locked, and ${set.model!.file} is not in MODELS_DIR.`,
        ]);
      const missing = groups.filter((group) => !isBegun(group)).map(({ title }) => title);
      const notes = missing.length > 0 ? [`Not measured yet: ${missing.join('; ')}.`] : [];
      await publish(
        'LOCKS',
        [...tables, ...notes, provenance(all, baselines)].join('\n\n'),
        options,
      );
    }),
);

/** What of a set is locked; undefined where nothing is run and its file is not there. */
async function modelOf(
  { model }: SetPlan,
  pocket: Pocket,
  { tables }: BenchOptions,
): Promise<Pinned | undefined> {
  if (!model) return pocket.model;
  return tables && !isThere(model) ? undefined : pinModel(model);
}
