/**
 * Computes with the classifiers that transformers_configs.py wrote what transformers computed:
 *
 *     npx tsx interop/transformers-configs.ts OUT
 *
 * Prints a line for each that differs or is refused, and a closing line; exits with 1 where there is one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '../src/formats/safetensors.ts';
import { graphOf } from '../src/graph/graph.ts';
import { input, type Value } from '../src/graph/value.ts';
import type { RawConfig } from '../src/nn/config.ts';
import { networkFrom } from '../src/nn/models/networks.ts';
import type { TextInputs } from '../src/nn/models/text-classifier.ts';
import { isTextModel, textClassifierFrom } from '../src/nn/models/text-registry.ts';
import { Scope } from '../src/nn/scope.ts';
import { Session } from '../src/runtime/session.ts';
import type { Tensor } from '../src/tensor/tensor.ts';
import { differenceOf } from './difference.ts';

/** As a share of the largest logit: sums are added up in another order. */
const tolerance = 1e-4;

const tensorsIn = (path: string): ReadonlyMap<string, Tensor> =>
  decodeSafetensors(readFileSync(path), path).tensors;

/** The largest difference of the logits, as a share of the largest of them. */
async function differenceIn(folder: string): Promise<number> {
  const where = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(where, 'utf8')) as RawConfig;
  const { logits: expected, ...given } = Object.fromEntries(
    tensorsIn(join(folder, 'computed.safetensors')),
  );
  const session = await Session.create(graphOf({ logits: logitsOf(config, where, given) }), {
    parameters: tensorsIn(join(folder, 'model.safetensors')),
  });
  const used = Object.entries(given).filter(([name]) => session.inputNames.includes(name));
  const { logits } = await session.run(Object.fromEntries(used));
  await session.dispose();
  return differenceOf(logits, expected).largest;
}

function logitsOf(
  config: RawConfig,
  where: string,
  given: Readonly<Record<string, Tensor>>,
): Value {
  const inputs: Readonly<Record<string, Value>> = Object.fromEntries(
    Object.entries(given).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]),
  );
  if (!isTextModel(config)) {
    return networkFrom(config, where).build(Scope.root(), inputs['pixel_values']).logits;
  }
  const texts: TextInputs = {
    ids: inputs['input_ids'],
    mask: inputs['attention_mask'],
  };
  return textClassifierFrom(config, where).build(Scope.root(), texts).logits;
}

const [out, ...others] = process.argv.slice(2);
if (out === undefined || others.length > 0) {
  console.error('usage: npx tsx interop/transformers-configs.ts OUT');
  process.exit(2);
}
let [passed, failed, worst] = [0, 0, 0];
for (const name of readdirSync(out).sort()) {
  try {
    const difference = await differenceIn(join(out, name));
    if (!(difference <= tolerance)) throw new Error(`logits differ by ${difference}`);
    worst = Math.max(worst, difference);
    passed++;
  } catch (error) {
    console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    failed++;
  }
}
console.log(`logits differ by ${worst.toExponential(1)} at most`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
