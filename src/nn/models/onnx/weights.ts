import type { Normalisation } from '../../../formats/onnx/build/call.ts';
import type { Initializer } from '../../../formats/onnx/roles.ts';
import { batchNormTraining } from '../../../graph/functions/norm.ts';
import { batchNorm } from '../../../graph/ops/norm/ops.ts';
import type { Value } from '../../../graph/value.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { fanIn, normal, ones, zeros, type Initialiser, type Scope } from '../../scope.ts';

/** A weight of the file as a parameter or a buffer, with initial values as its role has them. */
export function declared(scope: Scope, name: string, { role, shape }: Initializer): Value {
  switch (role) {
    case 'mean':
      return scope.buffer(name, shape, zeros);
    case 'variance':
      return scope.buffer(name, shape, ones);
    case 'scale':
      return scope.parameter(name, shape, ones);
    case 'bias':
      return scope.parameter(name, shape, zeros);
    case 'embedding':
      return scope.parameter(name, shape, normal(0.02));
    default:
      return scope.parameter(name, shape, weightInit(shape));
  }
}

/** A matrix may be [out, in] or [in, out]; the longer side is on the safe side for both. */
function weightInit(shape: readonly number[]): Initialiser {
  return fanIn(shape.length > 2 ? sizeOf(shape.slice(1)) : Math.max(1, ...shape));
}

/** Batch normalisation as `batchNorm2d` has it: in training by the batch's own statistics. */
export function scopedNormalisation(scope: Scope): Normalisation {
  return (x, { scale, bias, mean, variance, epsilon, momentum }) => {
    const [scaleName, meanName, varianceName] = [scale, mean, variance].map(parameterName);
    if (scaleName === undefined || !scope.learns(scaleName)) {
      return batchNorm(x, scale, bias, { mean, variance }, epsilon);
    }
    const trained = batchNormTraining(
      x,
      scale,
      bias,
      { mean, variance },
      { momentum: 1 - momentum, epsilon },
    );
    if (meanName !== undefined) scope.update(meanName, trained.running.mean);
    if (varianceName !== undefined) scope.update(varianceName, trained.running.variance);
    return trained.y;
  };
}

const parameterName = ({ producer }: Value): string | undefined =>
  producer.kind === 'parameter' ? producer.name : undefined;
