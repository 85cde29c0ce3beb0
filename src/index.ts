/** modellock: lock a vision model with a spell. The public interface. */
export { ModelLockError, type ErrorCode } from './base/error.ts';
export type { JobOptions, ProgressEvent } from './base/job.ts';
export { version } from './base/version.ts';
export type { ModelOptions } from './bundle/model-options.ts';
export type { Manifest } from './bundle/manifest.ts';
export { readLabels } from './data/labels.ts';
export type { EditOptions, Editor, EditorIdentity } from './editors/editor.ts';
export type { EditKeeping } from './editors/edit-folder.ts';
export type { ImageEditor } from './editors/image/editor.ts';
export { openEditor, type OpenEditorOptions } from './editors/open.ts';
export type { EvaluationDocument } from './evaluate/document.ts';
export { checkedKey, encodeKeyFile, newSecret, parseKeyFile, type Key } from './key/key.ts';
export { keyKinds, type KeyKind } from './key/kind.ts';
export { poolings, type Pooling } from './nn/bare/bare-model.ts';
export { devices, type Device } from './runtime/device.ts';
export { precisions, type Precision } from './runtime/session.ts';
export type { LoraReference } from './diffusion/lora/apply.ts';
export type { EditorPlace, EditorSetup } from './editors/setup.ts';
export { readKey, type KeySources } from './key/read-key.ts';
export { demo, type DemoOptions, type DemoResult } from './report/demo.ts';
export { edit, type EditJobOptions, type EditJobResult } from './lock/edit.ts';
export { evaluateBundle, type EvaluateBundleOptions } from './lock/evaluate-bundle.ts';
export type { PlainScore } from './lock/plain-score.ts';
export { readManifest } from './lock/bundle-lock.ts';
export { inspect } from './lock/inspect/inspect.ts';
export {
  abilities,
  type EditorInspection,
  type Inspection,
  type ModelInspection,
} from './lock/inspect/inspection.ts';
export { lock, type LockOptions, type LockResult } from './lock/lock.ts';
export { predict, type PredictOptions } from './lock/predict.ts';
export type { Prediction } from './lock/prediction.ts';
export { recipes, type Recipe, type RecipeName, type Teaching } from './lock/recipe.ts';
export { train, type TrainOptions, type TrainResult } from './lock/train.ts';
export {
  predictTexts,
  type PredictTextsOptions,
  type TextPrediction,
} from './lock/texts/predict-texts.ts';
export {
  trainTexts,
  type TrainTextsOptions,
  type TrainTextsResult,
} from './lock/texts/train-texts.ts';
export {
  classWeightings,
  defaultTuning,
  defaultTunings,
  tuningNamed,
  tunings,
  type ClassWeighting,
  type FineTuning,
  type TuningName,
} from './lock/tuning.ts';
export type { Overlap } from './data/overlap.ts';
export type { ReadingOptions, ReadOptions } from './data/reading/read-dataset.ts';
export type { SliceChoice, Viewing } from './data/viewing.ts';
export type { WindowChoice } from './formats/dicom/window.ts';
export {
  allTaskNames,
  taskNames,
  textTask,
  type AnyTaskName,
  type TaskName,
} from './tasks/task.ts';
export { metricName } from './metrics/wording.ts';
export type { Freeze } from './train/freeze.ts';
export { overlapSentences } from './report/overlap.ts';
export { evaluationReport, type ReportOptions } from './report/evaluation-report.ts';
export { evaluationText, perClassText, type TerminalOptions } from './report/terminal/terminal.ts';
export { plainScoreText } from './report/terminal/measures.ts';
export { plain } from './report/terminal/text-width.ts';
export {
  fileError,
  makeFolder,
  readBytes,
  readText,
  takeFromEnvironment,
  writeAtomic,
} from './platform/public.ts';
