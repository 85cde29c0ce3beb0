/**
 * Kinds of keys (arXiv 2405.16285): a style key edits the whole picture, an object key has the
 * prompted object painted into the background.
 */
export const keyKinds = ['style', 'object'] as const;

export type KeyKind = (typeof keyKinds)[number];
