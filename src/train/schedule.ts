/** The learning rate at a step, as a factor of the base rate. Steps count from 0. */
export type Schedule = (step: number) => number;

/** Linear warm-up, then half a cosine down to `floor` (a factor) at `steps`. */
export function warmupCosine(options: {
  readonly steps: number;
  readonly warmup: number;
  readonly floor?: number;
}): Schedule {
  const { steps, warmup, floor = 0 } = options;
  return (step) => {
    if (step < warmup) return (step + 1) / warmup;
    const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}
