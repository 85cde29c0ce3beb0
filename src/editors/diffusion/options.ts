import { ModelLockError } from '../../base/error.ts';
import type { EditOptions } from '../editor.ts';
import type { DiffusionMethod, OwnOption } from './method.ts';

const ownOptions: readonly OwnOption[] = ['imageGuidance', 'strength'];

/** Throws `usage` for options that are out of range, or that a way of editing does not have. */
export function requireOptions({ defaults, has }: DiffusionMethod, options: EditOptions): void {
  const { steps, guidance, imageGuidance, size, alpha, seed, batch, strength = 1 } = options;
  const isIntegerWithin = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  // A manifest takes the same ranges, so that what has been locked can be opened.
  const ranges: readonly (readonly [keyof EditOptions, boolean, string])[] = [
    ['steps', isIntegerWithin(steps, 1, 1000), 'an integer from 1 to 1000'],
    ['alpha', alpha >= 0 && alpha <= 1, '0 to 1'],
    ['guidance', Number.isFinite(guidance) && guidance >= 1, '1 or more'],
    ['imageGuidance', Number.isFinite(imageGuidance) && imageGuidance >= 0, '0 or more'],
    ['batch', isIntegerWithin(batch, 1, Infinity), 'an integer from 1 on'],
    ['size', size === null || isIntegerWithin(size, 8, 4096), 'an integer from 8 to 4096'],
    ['seed', isIntegerWithin(seed, 0, Number.MAX_SAFE_INTEGER), 'an integer from 0 on'],
    ['strength', strength > 0 && strength <= 1, 'above 0, up to 1'],
  ];
  for (const [name, valid, range] of ranges) {
    if (!valid) {
      throw new ModelLockError('usage', `edit option ${name} is ${options[name]}`, {
        valid: [range],
      });
    }
  }
  for (const name of ownOptions) {
    if (has.includes(name) || options[name] === defaults[name]) continue;
    throw new ModelLockError('usage', `edit option ${name} is given to an editor without it`, {
      valid: ['steps', 'guidance', 'size', 'alpha', 'seed', 'batch', ...has],
    });
  }
}
