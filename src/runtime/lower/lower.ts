import type { Graph } from '../../graph/graph.ts';
import { rewriteGraph, type Rewrite } from '../../graph/rewrite.ts';
import type { Device } from '../device.ts';
import { multiplyColumnSums } from './column-sums.ts';
import { blockConvolutions } from './convolutions.ts';
import { affineErf, shareNormalCdf } from './gelu.ts';
import { reduceInnerSoftmax } from './inner-softmax.ts';
import { multiplyLargeKernels } from './large-kernels.ts';
import { readInQuads } from './quads.ts';
import { alignScalars } from './scalars.ts';
import { gemmByStoredWeights } from './stored-linear.ts';
import { steepSteps } from './steps.ts';
import { blockTransposes } from './transposes.ts';

export interface Lowering {
  /** Channels in a block of ONNX Runtime's blocked layout; 1 where this processor has none. */
  readonly blockSize: number;
  /** Parameters whose values are written into the model. */
  readonly constants: ReadonlySet<string>;
  /** What the graph runs on. Default: `cpu`. */
  readonly device?: Device;
}

/** A rewrite of a graph that those before it have left. */
type Pass = (graph: Graph) => Rewrite;

/** The graph as ONNX Runtime runs it best. Never exported: it uses operators of its own. */
export function lower(graph: Graph, { blockSize, constants, device }: Lowering): Graph {
  const hasBlocks = blockSize > 1;
  const passes: readonly Pass[] = [
    () => gemmByStoredWeights(constants),
    shareNormalCdf,
    () => affineErf,
    () => reduceInnerSoftmax,
    () => multiplyColumnSums(),
    () => alignScalars,
    () => steepSteps,
    ...(hasBlocks ? [() => blockConvolutions(blockSize, constants)] : []),
    () => multiplyLargeKernels,
    ...(hasBlocks ? [() => blockTransposes(blockSize)] : []),
    ...(device === 'webgpu' ? [() => readInQuads] : []),
  ];
  return passes.reduce((current, pass) => rewriteGraph(current, pass(current)), graph);
}
