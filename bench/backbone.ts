/**
 * What the pretraining of the pocket backbone is worth: `npm run bench:backbone`.
 *
 * Fine-tuned on 5,000 images of CIFAR-10, beside the same network from random weights with the same
 * steps and schedule, the latter at several learning rates so that it is no straw man: the best on
 * the test images counts. Killed and run again, it goes on.
 */
import { defaultTuning } from '../src/index.ts';
import { benchCommand, publish, runBench, runJobs, setsOf, tuningOf } from './command.ts';
import { sets } from './data/sets.ts';
import { pinPocket, trainJob, type TrainPlan } from './jobs/plan.ts';
import { backboneTable } from './tables/backbone-table.ts';
import { provenance } from './tables/lock-table.ts';

/** From random weights, as factors of the default learning rate. */
const factors = [0.5, 1, 2, 4];

await runBench(
  benchCommand('bench:backbone', 'measure what the pretraining of the backbone is worth').action(
    async (options) => {
      const [set] = await setsOf(options, [sets.cifar10]);
      const { model, untrained } = await pinPocket();
      const seeds = Array.from({ length: options.seeds ?? (options.quick ? 2 : 3) }, (_, i) => i);
      const jobsOf = (called: string, plan: Partial<TrainPlan>) =>
        seeds.map((seed) =>
          trainJob(
            { set, model, seed, ...plan, tuning: { ...plan.tuning, ...tuningOf(options) } },
            called,
          ),
        );
      const pretrained = { name: 'pretrained', jobs: jobsOf('baseline', {}) };
      const scratch = factors.map((factor) => {
        const learningRate = factor * defaultTuning.learningRate;
        const name = `from scratch, learning rate ${learningRate}`;
        const plan = { model: untrained, fromScratch: true, tuning: { learningRate } };
        return { name, jobs: jobsOf(name, plan) };
      });
      const jobs = [pretrained, ...scratch].flatMap((row) => row.jobs);
      const { resultsOf, all } = await runJobs(jobs, [set], options);
      const measured = ({ name, jobs: wanted }: typeof pretrained) => ({
        name,
        results: resultsOf(wanted),
      });
      const table = backboneTable(measured(pretrained), scratch.map(measured));
      await publish('BACKBONE', `${table}\n\n${provenance(all)}`, options);
    },
  ),
);
