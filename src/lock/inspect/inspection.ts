import type { Manifest } from '../../bundle/manifest.ts';
import type { EditOptions } from '../../editors/editor.ts';
import type { Dim } from '../../graph/shape.ts';
import type { KeyKind } from '../../key/kind.ts';
import type { RawConfig } from '../../nn/config.ts';

/** What can be done with a model: true, or why not, or within which bounds. */
export type Abilities = Readonly<Record<Ability, true | string>>;
export const abilities = ['predict', 'evaluate', 'train', 'lock', 'export', 'edit'] as const;
export type Ability = (typeof abilities)[number];

/** A tensor that a model takes; an axis of any length has a name. */
export interface InputType {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly Dim[];
}

/** Memory in bytes; what is computed on the way is estimated from above. */
export interface Memory {
  /** The weights in float32. */
  readonly weights: number;
  /** A prediction of `batch` pictures, or texts of the largest length, weights included; null where nothing tells it. */
  readonly run: { readonly batch: number; readonly bytes: number } | null;
  /** A training step of `batch` of them, with the optimiser's state. */
  readonly trainingStep: { readonly batch: number; readonly bytes: number } | null;
}

interface Inspected {
  /** As it was found: with its commit, if it is of the hub. */
  readonly reference: string;
  /** How it lies on disk, in words. */
  readonly layout: string;
  /** `model_type`, or the class of a pipeline. */
  readonly architecture: string;
  /** Numbers that are learnt. */
  readonly parameters: number;
  readonly inputs: readonly InputType[];
  readonly memory: Memory;
  readonly can: Abilities;
}

/** What a reference to a model is. */
export interface ModelInspection extends Inspected {
  /** `network`: an ONNX file that cannot be used as a classifier of pictures; its abilities say why. */
  readonly kind: 'classifier' | 'segmenter' | 'text-classifier' | 'network';
  /** Of an ONNX file: the version of its operators. */
  readonly opset: number | null;
  /** Empty where the model has no last layer, or is no classifier. */
  readonly labels: readonly string[];
  /** As `preprocessor_config.json` has it; null where nothing says it. */
  readonly preprocessing: RawConfig | null;
  /** Of a text classifier: what becomes of texts. */
  readonly texts?: {
    /** In words. */
    readonly tokenizer: string;
    /** Tokens that it knows. */
    readonly vocabulary: number;
    /** Tokens of a text at most, marks counted; longer ones are cut. */
    readonly maxTokens: number;
  };
  /** What was assumed, a sentence each. */
  readonly notes: readonly string[];
  /** Of a bundle. */
  readonly manifest: Manifest | null;
}

/** What a reference to an editor is. */
export interface EditorInspection extends Inspected {
  readonly kind: 'editor';
  readonly parts: readonly {
    readonly name: string;
    readonly parameters: number;
    /** As it is stored. */
    readonly bytes: number;
  }[];
  /** Kinds of keys that it does, its own first, each with what it is best used with. */
  readonly keys: readonly { readonly kind: KeyKind; readonly defaults: EditOptions }[];
}

export type Inspection = ModelInspection | EditorInspection;
