import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, type } from 'node:os';

/** Instruction sets that decide how fast matrices are multiplied, as /proc/cpuinfo names them. */
const telling = /^(avx|avx2|fma|avx512\w+|avx_vnni|amx_\w+|asimd\w*|sve\w*|bf16|i8mm)$/;

/** The processor, in a line: model, instruction sets, threads used. */
export function machine(threads: number): string {
  const info = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const [, flags = ''] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(info) ?? [];
  const sets = flags.split(' ').filter((flag) => telling.test(flag));
  return [
    cpus()[0]?.model ?? 'unknown processor',
    sets.join(' ') || `instruction sets unknown on ${type()}`,
    `${threads} threads of ${availableParallelism()}`,
  ].join('; ');
}
