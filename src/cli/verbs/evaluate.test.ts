import { expect, it } from 'vitest';
import { evaluateVerb } from './evaluate.ts';

const parse = (...words: readonly string[]): Promise<unknown> => {
  const context = { signal: new AbortController().signal, environmentKey: undefined };
  return evaluateVerb(context).parseAsync(words, { from: 'user' });
};

it('refuses a report of a plain model before it looks at the data', async () => {
  const report = parse('pocket', '--data', 'nowhere', '--report', 'report.html');
  await expect(report).rejects.toMatchObject({
    code: 'usage',
    message: 'pocket has no lock, and there is no report of a plain model',
  });
});
