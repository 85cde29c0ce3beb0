import type { z } from 'zod';
import { requireEntry } from '../../base/registry.ts';
import { parseConfig, type RawConfig } from '../../nn/config.ts';
import { ddim, ddimConfig } from './ddim.ts';
import { ddpm, ddpmConfig } from './ddpm.ts';
import { dpmSolver, dpmSolverConfig } from './dpm-solver.ts';
import { eulerAncestral, eulerAncestralConfig } from './euler-ancestral.ts';
import { euler, eulerConfig } from './euler.ts';
import { heun, heunConfig } from './heun.ts';
import { lcm, lcmConfig } from './lcm.ts';
import { pndm, pndmConfig } from './pndm.ts';
import type { Scheduler } from './scheduler.ts';
import { uniPc, uniPcConfig } from './unipc.ts';

type Open = (config: RawConfig, where: string) => Scheduler;

const opener =
  <S extends z.ZodType>(schema: S, create: (config: z.output<S>) => Scheduler): Open =>
  (config, where) =>
    create(parseConfig(schema, config, where));

/** Schedulers by the name of their class in diffusers. */
const schedulers = {
  EulerAncestralDiscreteScheduler: opener(eulerAncestralConfig, eulerAncestral),
  EulerDiscreteScheduler: opener(eulerConfig, euler),
  HeunDiscreteScheduler: opener(heunConfig, heun),
  DDIMScheduler: opener(ddimConfig, (config) => ddim(config)),
  DDPMScheduler: opener(ddpmConfig, ddpm),
  PNDMScheduler: opener(pndmConfig, pndm),
  DPMSolverMultistepScheduler: opener(dpmSolverConfig, dpmSolver),
  UniPCMultistepScheduler: opener(uniPcConfig, uniPc),
  LCMScheduler: opener(lcmConfig, lcm),
} as const satisfies Record<string, Open>;

/** The scheduler of a `scheduler_config.json`. Throws `unsupported` for other classes. */
export function schedulerFrom(config: RawConfig, where: string): Scheduler {
  const name = String(config['_class_name']);
  const message = `${where}: scheduler "${name}" is not supported`;
  return requireEntry<Open>(schedulers, name, 'unsupported', message)(config, where);
}
