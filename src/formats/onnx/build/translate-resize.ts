import { ModelLockError } from '../../../base/error.ts';
import { interpolationOf, resizes } from '../../../graph/ops/resize/ops.ts';
import { normaliseAxis, type Shape } from '../../../graph/shape.ts';
import { apply, constant, ints, type Value } from '../../../graph/value.ts';
import { float32 } from '../../../tensor/tensor.ts';
import type { Call } from './call.ts';
import { numbersOf } from './known.ts';
import type { Translations } from './as-it-is.ts';

/** What a Resize node asks of one axis. */
interface Target {
  readonly axis: number;
  readonly scale?: number;
  readonly size?: number;
}

/** Scales or sizes, of the axes that change. An empty list is one that is left out. */
function targetsOf(shape: Shape, call: Call): readonly Target[] {
  const given = call.ints('axes') ?? shape.map((_, axis) => axis);
  const axes = given.map((axis) => normaliseAxis(axis, shape.length));
  const scales = numbersOf(call.known(2, 'the list of scales')?.elements ?? []);
  if (scales.length > 0) {
    requireLength(scales.length, axes.length);
    return scales.flatMap((scale, i) => (scale === 1 ? [] : [{ axis: axes[i], scale }]));
  }
  const sizes = call.dims(3, 'the list of sizes') ?? [];
  requireLength(sizes.length, axes.length);
  return sizes.flatMap((size, i) => {
    if (size === shape[axes[i]]) return [];
    if (typeof size === 'number') return [{ axis: axes[i], size }];
    throw new ModelLockError('shape', `cannot resize to the named length ${size}; bind it`);
  });
}

function requireLength(actual: number, expected: number): void {
  if (actual === expected) return;
  throw new ModelLockError('corrupt', `${actual} scales or sizes for ${expected} axes`);
}

/** x resized: all axes are given where they are known, as `resize` of the graph language does. */
function resized(x: Value, targets: readonly Target[], call: Call): Value {
  const attributes = {
    antialias: call.int('antialias', 0),
    coordinate_transformation_mode: call.string('coordinate_transformation_mode', 'half_pixel'),
    cubic_coeff_a: call.float('cubic_coeff_a', -0.75),
    exclude_outside: call.int('exclude_outside', 0),
    keep_aspect_ratio_policy: call.string('keep_aspect_ratio_policy', 'stretch'),
    mode: call.string('mode', 'nearest'),
    nearest_mode: call.string('nearest_mode', 'round_prefer_floor'),
  };
  // Refuses coordinates that only the file's own runtime knows, such as those of a region.
  interpolationOf(attributes);
  const byAxis = new Map(targets.map((target) => [target.axis, target]));
  if (targets[0].scale !== undefined) {
    const scales = x.shape.map((_, axis) => byAxis.get(axis)?.scale ?? 1);
    const factors = constant(float32([scales.length], scales));
    return apply(resizes.Resize, [x, undefined, factors], attributes)[0];
  }
  if (x.shape.every((dim) => typeof dim === 'number')) {
    const sizes = x.shape.map((dim, axis) => byAxis.get(axis)?.size ?? dim);
    return apply(resizes.Resize, [x, undefined, undefined, ints(sizes)], attributes)[0];
  }
  const sizes = ints(targets.map(({ size }) => size!));
  return apply(resizes.Resize, [x, undefined, undefined, sizes], {
    ...attributes,
    axes: targets.map(({ axis }) => axis),
  })[0];
}

export const resizeTranslations: Translations = {
  Resize: (call) => {
    const x = call.value(0);
    const targets = targetsOf(x.shape, call);
    return [targets.length === 0 ? x : resized(x, targets, call)];
  },
};
