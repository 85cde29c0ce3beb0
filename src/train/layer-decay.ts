import type { LayerIds } from '../nn/models/layer-ids.ts';

/**
 * Layer-wise decay of the learning rate, as a factor for each parameter: decay^(L - l), where l is
 * its layer and L the last one. What is near the picture is general already and moves least
 * (ELECTRA, arXiv 2003.10555; BEiT, arXiv 2106.08254; MAE, arXiv 2111.06377).
 */
export const layerDecay =
  ({ of, last }: LayerIds, decay: number) =>
  (parameter: string): number =>
    decay ** (last - of(parameter));
