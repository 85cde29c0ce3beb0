import type { JobOptions } from '../../base/job.ts';
import { openPipeline } from '../../editors/open.ts';
import type { PipelineSource } from '../../diffusion/pipeline-source.ts';
import { bytesPerElement } from '../../tensor/dtype.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import type { KeyKind } from '../../key/kind.ts';
import type { EditorInspection } from './inspection.ts';

const noClassifier = 'it is an editor, no classifier';

/** What a reference to an editor is; its weights are not read. Throws what opening it throws. */
export async function inspectEditor(reference: string, job: JobOptions): Promise<EditorInspection> {
  const { found, source, methods, settings } = await openPipeline(reference, job);
  const parts = await partsOf(source);
  const parameters = parts.reduce((sum, part) => sum + part.parameters, 0);
  const kinds = Object.keys(methods) as KeyKind[];
  return {
    kind: 'editor',
    reference: found.reference,
    layout: found.file ? 'a checkpoint in one file' : 'a folder of diffusers',
    architecture: source.index._class_name,
    parameters,
    inputs: [
      { name: 'picture', dtype: 'uint8', shape: ['height', 'width', 3] },
      { name: 'prompt', dtype: 'string', shape: [] },
    ],
    parts,
    keys: kinds.map((kind) => ({
      kind,
      defaults: { ...methods[kind]!.defaults, ...settings },
    })),
    memory: { weights: 4 * parameters, run: null, trainingStep: null },
    can: {
      predict: noClassifier,
      evaluate: noClassifier,
      train: noClassifier,
      lock: 'it is an editor; lock --editor takes it',
      export: noClassifier,
      edit: true,
    },
  };
}

const partNames = ['unet', 'vae', 'text_encoder', 'text_encoder_2'] as const;

async function partsOf(source: PipelineSource): Promise<EditorInspection['parts']> {
  const names = partNames.filter((name) => name !== 'text_encoder_2' || isThere(source, name));
  return Promise.all(
    names.map(async (name) => {
      const { tensors } = await (await source.part(name)).weights();
      const sizes = [...tensors.values()].map(({ dtype, shape }) => ({
        numbers: sizeOf(shape),
        bytes: sizeOf(shape) * bytesPerElement(dtype),
      }));
      return {
        name,
        parameters: sizes.reduce((sum, { numbers }) => sum + numbers, 0),
        bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    }),
  );
}

const isThere = ({ index }: PipelineSource, name: 'text_encoder_2'): boolean =>
  index[name]?.[1] !== undefined && index[name][1] !== null;
