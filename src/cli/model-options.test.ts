import { expect, it } from 'vitest';
import type { Context } from './options.ts';
import { evaluateVerb } from './verbs/evaluate.ts';
import { inspectVerb } from './verbs/inspect.ts';
import { lockVerb } from './verbs/lock.ts';
import { predictVerb } from './verbs/predict.ts';
import { trainVerb } from './verbs/train.ts';

const context: Context = { signal: new AbortController().signal, environmentKey: undefined };

it.each([lockVerb, trainVerb, evaluateVerb, predictVerb, inspectVerb])(
  'what a model does not say can be said wherever one is given',
  (verb) => {
    const options = verb(context).options.map(({ long }) => long);
    expect(options).toEqual(
      expect.arrayContaining(['--mean', '--std', '--heads', '--pooling', '--labels']),
    );
  },
);
