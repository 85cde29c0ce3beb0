import { PickleMachine, type PickleHost } from './pickle-machine.ts';
import { opcodes } from './pickle-opcodes.ts';
import type { PickleSource } from './pickle-source.ts';

const stop = 0x2e;

/**
 * The value of the next pickle of `source` (docs.python.org/3/library/pickletools). Python's dicts
 * become Maps, its sets Sets, lists and tuples arrays.
 *
 * A pickle is a program; this runs it on a machine that can build values, and call nothing but
 * `host`. Each instruction takes bytes of the source and adds at most one value, nothing here is
 * recursive, and the host makes no more of its calls than the source has bytes; so memory and time
 * are bounded by the source's length.
 */
export function unpickle(source: PickleSource, host: PickleHost): unknown {
  host.begin(source.length);
  const machine = new PickleMachine(host);
  for (;;) {
    const code = source.uint8();
    if (code === stop) return machine.pop();
    const step = opcodes.get(code);
    if (!step) {
      return host.fail(
        `its pickle has the instruction 0x${code.toString(16)}, which torch never writes`,
      );
    }
    step(machine, source);
  }
}
