import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseJson } from '../../src/platform/files.ts';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { toNumbers, type Tensor } from '../../src/tensor/tensor.ts';

const given = process.env['GOLDEN_DIR'] ?? '';

/** Whether somebody said where the results are, so that there must be some. */
export const isGoldenDirGiven = given !== '';

/** Where the official libraries' results lie; not part of the repository. */
export const goldenDir = resolve(
  isGoldenDirGiven ? given : join(import.meta.dirname, '../../../shared/golden'),
);

interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
  readonly atol_of_zero_gradient_elements?: number;
}

/** `case.json`; families keep further fields of their own in it. */
export interface CaseJson {
  readonly case: string;
  readonly class: string;
  readonly tolerance: Tolerance & { readonly tensors?: Readonly<Record<string, Tolerance>> };
  readonly zero_gradient_elements?: Readonly<
    Record<string, readonly (readonly [number, number])[]>
  >;
  readonly [field: string]: unknown;
}

export type GoldenCheck = (golden: GoldenCase) => Promise<void>;

/** One folder of golden data: what is given, and the comparison with what is expected. */
export class GoldenCase {
  readonly dir: string;
  readonly info: CaseJson;
  /** How many tensors or values have been compared. */
  compared = 0;
  readonly mismatches: string[] = [];
  /** Names of what is not compared, by the reason why. */
  readonly leftOut = new Map<string, string[]>();
  readonly #files = new Map<string, ReadonlyMap<string, Tensor>>();

  constructor(dir: string) {
    this.dir = dir;
    this.info = JSON.parse(readFileSync(join(dir, 'case.json'), 'utf8')) as CaseJson;
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  has(file: string): boolean {
    return existsSync(this.path(file));
  }

  /** A JSON file of the case, taken for what the check says it is. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  json<T>(file: string): T {
    return parseJson(readFileSync(this.path(file), 'utf8')) as T;
  }

  tensors(file = 'io.safetensors'): ReadonlyMap<string, Tensor> {
    const known = this.#files.get(file);
    if (known) return known;
    const { tensors } = decodeSafetensors(readFileSync(this.path(file)), this.path(file));
    this.#files.set(file, tensors);
    return tensors;
  }

  tensor(name: string, file?: string): Tensor {
    const found = this.tensors(file).get(name);
    if (!found) throw new Error(`${this.info.case} has no tensor ${name}`);
    return found;
  }

  /**
   * Compares with the expectation of that name, within the case's tolerance.
   *
   * @param only the first elements of the batch that the expectation has, if it has fewer.
   */
  compare(name: string, actual: Tensor, file?: string): void {
    const expected = this.tensor(name, file);
    const label = file ? `${file.replace(/\.safetensors$/, '')}:${name}` : name;
    this.compareWith(label, actual, expected);
  }

  /** Compares with a tensor that is not stored under its own name. */
  compareWith(label: string, actual: Tensor, expected: Tensor): void {
    this.compared += 1;
    if (actual.shape.join() !== expected.shape.join()) {
      this.fail(`${label}: shape [${actual.shape.join(', ')}], not [${expected.shape.join(', ')}]`);
      return;
    }
    const tolerance = this.#toleranceOf(label);
    const loose = this.#looseElements(label);
    const [a, e] = [toNumbers(actual), toNumbers(expected)];
    let worst = -1;
    let worstExcess = 0;
    for (let i = 0; i < a.length; i++) {
      const atol =
        loose(i) && tolerance.atol_of_zero_gradient_elements !== undefined
          ? tolerance.atol_of_zero_gradient_elements
          : tolerance.atol;
      const same = a[i] === e[i] || (Number.isNaN(a[i]) && Number.isNaN(e[i]));
      const excess = same ? 0 : Math.abs(a[i] - e[i]) - (atol + tolerance.rtol * Math.abs(e[i]));
      if (!(excess <= 0) && !(excess <= worstExcess)) [worst, worstExcess] = [i, excess];
    }
    if (worst >= 0) this.fail(`${label}[${worst}]: ${a[worst]}, not ${e[worst]}`);
  }

  /** Compares anything else, exactly. */
  same(label: string, actual: unknown, expected: unknown): void {
    this.compared += 1;
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      this.fail(`${label}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
    }
  }

  /** What the case has and this program does otherwise on purpose. */
  leaveOut(name: string, why: string): void {
    this.leftOut.set(why, [...(this.leftOut.get(why) ?? []), name]);
  }

  fail(mismatch: string): void {
    this.mismatches.push(mismatch);
  }

  #toleranceOf(label: string): Tolerance {
    return this.info.tolerance.tensors?.[label] ?? this.info.tolerance;
  }

  /** Whether an element has a true gradient of zero, and so moves at random under AdamW. */
  #looseElements(label: string): (index: number) => boolean {
    const ranges = this.info.zero_gradient_elements?.[label.slice(label.indexOf(':') + 1)] ?? [];
    return (index) => ranges.some(([start, end]) => index >= start && index < end);
  }
}
