/**
 * The table of ablations in docs/benchmarks.md: `npm run bench:ablations -- [--variant NAMES]`.
 *
 * Variants of the recipe (bench/variants.ts), one row each, on the same pictures, keys and seeds.
 * Edited images are shared, so that a variant costs its training alone. Killed and run again, it
 * goes on.
 */
import { Option } from '@commander-js/extra-typings';
import { integer } from '../src/cli/options.ts';
import {
  lockBenchCommand,
  namesOf,
  publish,
  quick,
  runBench,
  runJobs,
  setsOf,
  tuningOf,
} from './command.ts';
import { ablationSets } from './data/sets.ts';
import { prompts, withoutSecret } from './jobs/keys.ts';
import { lockJobs, pinPocket } from './jobs/plan.ts';
import { ablationTable } from './tables/ablation-table.ts';
import { provenance } from './tables/lock-table.ts';
import { recipeOf, variants } from './variants.ts';

const setNames = Object.keys(ablationSets) as (keyof typeof ablationSets)[];

await runBench(
  lockBenchCommand('bench:ablations', 'compare variants of the recipe')
    .addOption(new Option('--set <name>', 'data set').choices(setNames).default('demo' as const))
    .addOption(
      new Option('--variant <names>', 'variants of bench/variants.ts, with commas between')
        .argParser(namesOf(variants))
        .default(Object.keys(variants), 'all'),
    )
    .option('--decoy-images <n>', 'most images a decoy is scored on', integer(1), 256)
    .action(async ({ variant: chosen, keys, prompt, decoyImages, ...options }) => {
      const [set] = await setsOf(options, [ablationSets[options.set]]);
      const pocket = await pinPocket();
      const rows = chosen.map((name) => ({
        name,
        jobs: lockJobs({
          ...pocket,
          set,
          recipe: recipeOf(name, variants[name], set.task),
          keys: (prompt ?? prompts.slice(0, keys ?? 1)).map(withoutSecret),
          seeds: options.seeds ?? (options.quick ? 2 : 1),
          tuning: tuningOf(options),
          baselineTuning: tuningOf(options),
          decoyImages: options.quick ? quick.decoyImages : decoyImages,
        }),
      }));
      const jobs = rows.flatMap((row) => row.jobs);
      const { resultsOf, all, baselines } = await runJobs(jobs, [set], {
        ...options,
        shareEdits: true,
      });
      const table = ablationTable(
        rows.map((row) => ({
          name: row.name,
          planned: row.jobs.length,
          results: resultsOf(row.jobs),
        })),
      );
      await publish('ABLATIONS', `${table}\n\n${provenance(all, baselines)}`, options);
    }),
);
