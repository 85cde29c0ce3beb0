/** A smooth function: its value at `x`, with its gradient written into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Multiplies a vector, in place, with a guess of the inverse Hessian. */
  readonly precondition: (vector: Float64Array) => void;
  readonly maxIterations?: number;
  /** Stops when a step gains less than this share of the value. */
  readonly tolerance?: number;
  /** How many past steps the curvature is learnt from. */
  readonly memory?: number;
}

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

/**
 * Minimises by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4) with
 * backtracking, starting from the preconditioner's curvature. Returns the last point.
 */
export function minimise(
  objective: Objective,
  start: Float64Array,
  { precondition, maxIterations = 100, tolerance = 1e-6, memory = 8 }: LbfgsOptions,
): Float64Array {
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const corrections: Correction[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const direction = descentDirection(gradient, corrections, precondition);
    const slope = dot(direction, gradient);
    if (!(slope < 0)) break;
    const next = lineSearch(objective, x, value, direction, slope);
    if (!next) break;
    remember(corrections, memory, difference(next.x, x), difference(next.gradient, gradient));
    const gain = value - next.value;
    ({ x, value, gradient } = next);
    if (gain <= tolerance * Math.abs(value)) break;
  }
  return x;
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function descentDirection(
  gradient: Float64Array,
  corrections: readonly Correction[],
  precondition: (vector: Float64Array) => void,
): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights = corrections.toReversed().map(({ step, change, curvature }) => {
    const weight = dot(step, direction) / curvature;
    addScaled(direction, change, -weight);
    return weight;
  });
  precondition(direction);
  corrections.forEach(({ step, change, curvature }, i) => {
    const weight = weights[corrections.length - 1 - i];
    addScaled(direction, step, weight - dot(change, direction) / curvature);
  });
  return direction;
}

interface Point {
  readonly x: Float64Array<ArrayBuffer>;
  readonly value: number;
  readonly gradient: Float64Array<ArrayBuffer>;
}

/** Halves the step until the value falls enough (Armijo); null when it does not. */
function lineSearch(
  objective: Objective,
  x: Float64Array,
  value: number,
  direction: Float64Array,
  slope: number,
): Point | null {
  for (let length = 1; length > 1e-6; length /= 2) {
    const trial = x.map((coordinate, i) => coordinate + length * direction[i]);
    const gradient = new Float64Array(x.length);
    const reached = objective(trial, gradient);
    if (reached <= value + 1e-4 * length * slope) return { x: trial, value: reached, gradient };
  }
  return null;
}

/** Keeps the newest corrections; one without positive curvature would spoil the approximation. */
function remember(
  corrections: Correction[],
  memory: number,
  step: Float64Array,
  change: Float64Array,
): void {
  const curvature = dot(step, change);
  if (curvature <= 1e-12 * dot(change, change)) return;
  corrections.push({ step, change, curvature });
  if (corrections.length > memory) corrections.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]);
}
