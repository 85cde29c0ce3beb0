import { availableParallelism, cpus } from 'node:os';

/**
 * Threads of one operator where nobody says how many. 0 leaves it to ONNX Runtime: one for each
 * core, tied to it. It ignores CPU affinity (`taskset`, a container's set), and ties threads to
 * forbidden ones, too; there it is told a number, and ties none.
 */
export function defaultThreads(allowed = availableParallelism(), present = cpus().length): number {
  return allowed < present ? allowed : 0;
}
