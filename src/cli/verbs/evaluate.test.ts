import { expect, it } from 'vitest';
import { evaluateVerb } from './evaluate.ts';

it('refuses a report of a plain model before it looks at the data', async () => {
  const verb = evaluateVerb({ signal: new AbortController().signal, environmentKey: undefined });
  const words = ['pocket', '--data', 'nowhere', '--report', 'report.html'];
  await expect(verb.parseAsync(words, { from: 'user' })).rejects.toMatchObject({
    code: 'usage',
    message: 'pocket has no lock, and there is no report of a plain model',
  });
});
