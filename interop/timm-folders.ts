/**
 * Opens the folders that timm_folders.py wrote, and computes with those that are read what timm computed:
 *
 *     npx tsx interop/timm-folders.ts OUT
 *
 * A folder may be refused, but none may be read and give other logits. Prints a line for each, and a closing
 * line; exits with 1 where one differs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelLockError } from '../src/base/error.ts';
import { openCheckpoint } from '../src/bundle/open-checkpoint.ts';
import { decodeSafetensors } from '../src/formats/safetensors.ts';
import { graphOf } from '../src/graph/graph.ts';
import { input } from '../src/graph/value.ts';
import { Scope } from '../src/nn/scope.ts';
import { Session } from '../src/runtime/session.ts';
import { differenceOf } from './difference.ts';

/** As a share of the largest logit: sums are added up in another order. */
const tolerance = 1e-4;

/** The largest difference of the logits, as a share of the largest of them. */
async function differenceIn(folder: string): Promise<number> {
  const { checkpoint } = await openCheckpoint(folder);
  const { tensors } = decodeSafetensors(readFileSync(join(folder, 'computed.safetensors')), folder);
  const [x, expected] = [tensors.get('x')!, tensors.get('logits')!];
  const { logits } = checkpoint.network.build(Scope.root(), input('x', x.dtype, x.shape));
  const session = await Session.create(graphOf({ logits }), { parameters: checkpoint.weights });
  const results = await session.run({ x });
  await session.dispose();
  return differenceOf(results['logits'], expected).largest;
}

const [out, ...others] = process.argv.slice(2);
if (out === undefined || others.length > 0) {
  console.error('usage: npx tsx interop/timm-folders.ts OUT');
  process.exit(2);
}
const counts = { same: 0, refused: 0, different: 0 };
for (const name of readdirSync(out).sort()) {
  try {
    const difference = await differenceIn(join(out, name));
    const verdict = difference <= tolerance ? 'same' : 'different';
    console.log(`${verdict.padEnd(9)} ${name}: ${difference.toExponential(1)}`);
    counts[verdict]++;
  } catch (error) {
    if (!(error instanceof ModelLockError)) throw error;
    console.log(`refused   ${name}: ${error.message.replace(join(out, name), '')}`);
    counts.refused++;
  }
}
console.log(`${counts.same} the same, ${counts.refused} refused, ${counts.different} different`);
process.exitCode = counts.different > 0 || counts.same === 0 ? 1 : 0;
