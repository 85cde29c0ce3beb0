import { operators } from '../../../graph/operators.ts';
import { asItIs, type Translations } from './as-it-is.ts';
import { activationTranslations } from './translate-activations.ts';
import { gatherTranslations } from './translate-gathers.ts';
import { normTranslations } from './translate-norms.ts';
import { recurrentTranslations } from './translate-recurrent.ts';
import { reductionTranslations } from './translate-reductions.ts';
import { resizeTranslations } from './translate-resize.ts';
import { shapeTranslations } from './translate-shapes.ts';

/** Every operator that is read, by its ONNX name. */
export const translations: Translations = {
  ...Object.fromEntries(
    Object.entries(operators).map(([name, operator]) => [name, asItIs(operator)]),
  ),
  ...activationTranslations,
  ...gatherTranslations,
  ...normTranslations,
  ...recurrentTranslations,
  ...reductionTranslations,
  ...resizeTranslations,
  ...shapeTranslations,
};
