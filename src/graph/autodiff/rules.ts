import type { operators } from '../operators.ts';
import { binaryGradients } from '../ops/binary/gradients.ts';
import { convGradients } from '../ops/conv/gradients.ts';
import { elementwiseGradients } from '../ops/elementwise/gradients.ts';
import { gatherGradients } from '../ops/gather/gradients.ts';
import { matmulGradients } from '../ops/matmul/gradients.ts';
import { joinOpGradients, padOpGradients, shapeOpGradients } from '../ops/movement/gradients.ts';
import { poolGradients } from '../ops/pool/gradients.ts';
import { repeatOpGradients } from '../ops/movement/repeat-gradients.ts';
import { normGradients } from '../ops/norm/gradients.ts';
import { reductionGradients } from '../ops/reduction/gradients.ts';
import { resizeGradients } from '../ops/resize/gradients.ts';
import { softmaxGradients } from '../ops/softmax/gradients.ts';
import type { GradientRules } from './rule.ts';

/** The gradient of every operator. */
export const gradientRules: GradientRules<typeof operators> = {
  ...elementwiseGradients,
  ...binaryGradients,
  ...matmulGradients,
  ...shapeOpGradients,
  ...joinOpGradients,
  ...padOpGradients,
  ...repeatOpGradients,
  ...reductionGradients,
  ...softmaxGradients,
  ...convGradients,
  ...poolGradients,
  ...normGradients,
  ...gatherGradients,
  ...resizeGradients,
};
