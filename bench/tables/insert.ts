import { ModelLockError } from '../../src/base/error.ts';

/**
 * A document in which `content` stands between the comments `<!-- NAME -->` and `<!-- /NAME -->`, in
 * place of what stood there. Throws `data` where they are not there once each, in this order.
 */
export function insertBetween(document: string, name: string, content: string): string {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest, ...more] = document.split(opening);
  const [, after, ...others] = (rest ?? '').split(closing);
  if (after === undefined || more.length > 0 || others.length > 0) {
    throw new ModelLockError('data', `the document needs ${opening} and ${closing}, once each`);
  }
  return `${before}${opening}\n\n${content.trim()}\n\n${closing}${after}`;
}
