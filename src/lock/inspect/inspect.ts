import { ModelLockError, type ErrorCode } from '../../base/error.ts';
import type { OpenModelOptions } from '../../bundle/model-options.ts';
import { inspectEditor } from './editor.ts';
import type { Inspection } from './inspection.ts';
import { inspectModel } from './model.ts';

/**
 * What a reference is: a model, or else an editor. `pocket` is the model. Throws, of what is
 * neither, why it is no model.
 */
export async function inspect(
  reference: string,
  options: OpenModelOptions = {},
): Promise<Inspection> {
  try {
    return await inspectModel(reference, options);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { signal, onProgress } = options;
    const editor = await inspectEditor(reference, { signal, onProgress }).catch(
      (other: unknown) => {
        if (!isRefusal(other)) throw other;
      },
    );
    if (editor) return editor;
    throw error;
  }
}

const refusals: ReadonlySet<ErrorCode> = new Set(['not-found', 'unsupported', 'corrupt', 'data']);

/** Whether something was found to be no model, or no editor. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ModelLockError && refusals.has(error.code);
