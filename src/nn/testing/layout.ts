import type { Value } from '../../graph/value.ts';
import { Scope, type Declarations } from '../scope.ts';

const further = /\.(bias|running_mean|running_var)$/;

/**
 * What a definition declared, a line for each layer: its name, its weight's shape, and what else
 * it has. Parameters of other names stand in full.
 */
export function layoutOf({ parameters, buffers }: Declarations): string {
  const lines = new Map<string, string>();
  for (const [name, { shape }] of [...parameters, ...buffers]) {
    const layer = name.replace(further, '').replace(/\.weight$/, '');
    const rest = further.exec(name);
    const known = lines.get(layer);
    lines.set(layer, known && rest ? `${known} ${rest[1]}` : `${layer} ${shape.join('x')}`);
  }
  return [...lines.values()].join('\n');
}

/** The layers that a definition declares, and the shape of what it computes. */
export function built(define: (scope: Scope) => Value): { layout: string; shape: Value['shape'] } {
  const scope = Scope.root();
  const { shape } = define(scope);
  return { layout: layoutOf(scope.declared), shape };
}
