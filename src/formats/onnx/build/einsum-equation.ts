import { ModelLockError } from '../../../base/error.ts';
import { einsum } from '../../../graph/functions/einsum.ts';
import { squeeze } from '../../../graph/ops/movement/shape-ops.ts';
import { showShape } from '../../../graph/shape.ts';
import type { Value } from '../../../graph/value.ts';

const ellipsis = '...';
const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');

/**
 * Einstein's sum convention as ONNX has it. Three dots stand for any number of axes, the same in all
 * operands. A result that is left out has those, and then the letters that occur once, in their
 * order. Axes of length 1 broadcast.
 */
export function einsumOf(equation: string, operands: readonly Value[]): Value {
  const [left, right] = equation.replaceAll(/\s/g, '').split('->');
  const terms = left.split(',');
  const refuse = (): never => {
    const shapes = operands.map(({ shape }) => showShape(shape)).join(' and ');
    throw new ModelLockError('corrupt', `equation "${equation}" of ${shapes}`);
  };
  if (terms.length !== operands.length) refuse();
  const count = Math.max(
    0,
    ...terms.map((term, i) =>
      term.includes(ellipsis) ? operands[i].shape.length - term.length + ellipsis.length : 0,
    ),
  );
  const spare = alphabet.filter((letter) => !equation.includes(letter)).slice(0, count);
  const isLost = count > 0 && right !== undefined && !right.includes(ellipsis);
  if (spare.length < count || isLost) refuse();
  const spelled = (term: string): string => term.replace(ellipsis, spare.join(''));
  const once = alphabet.filter((letter) => left.split(letter).length === 2);
  const result = spelled(right ?? [ellipsis, ...once].join(''));
  const long = withoutShort(terms.map(spelled), operands);
  return einsum(`${long.terms.join(',')}->${result}`, ...long.operands);
}

const letters = (term: string): readonly string[] => term.split('');

/** The same without axes of length 1 that are longer in another operand. */
function withoutShort(
  terms: readonly string[],
  operands: readonly Value[],
): { readonly terms: readonly string[]; readonly operands: readonly Value[] } {
  const isLonger = (letter: string): boolean =>
    terms.some((term, i) => {
      const axis = term.indexOf(letter);
      return axis >= 0 && operands[i].shape[axis] !== 1;
    });
  const short = terms.map((term, i) =>
    letters(term).flatMap((letter, axis) =>
      operands[i].shape[axis] === 1 && isLonger(letter) ? [axis] : [],
    ),
  );
  return {
    terms: terms.map((term, i) =>
      letters(term)
        .filter((_, axis) => !short[i].includes(axis))
        .join(''),
    ),
    operands: operands.map((operand, i) =>
      short[i].length === 0 ? operand : squeeze(operand, short[i]),
    ),
  };
}
