import { weightMapOf } from '../weight-files.ts';
import { requireInside } from './listing.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What is chosen from. */
export interface Candidate {
  readonly path: string;
  /** It is in the cache already. */
  readonly isHere: boolean;
}

/** Files that serve together, or a JSON index beside the files that it names. */
export type Serving = { readonly files: readonly string[] } | { readonly index: string };

/** Something that a layout needs. */
export interface Need {
  /** In words, for messages. */
  readonly what: string;
  /** What serves, the best first. */
  readonly servings: readonly Serving[];
  /** It is taken where there is one. */
  readonly isOptional?: boolean;
}

/** A way to lay out a model in a repository. */
export interface Layout {
  /** The JSON file that says what else is needed. */
  readonly document: string;
  /** What is needed beside it; what is optional comes last, see `completeSnapshot`. */
  readonly needs: (document: JsonObject) => readonly Need[];
}

/** JSON files that have been read, by their paths. */
export type Documents = ReadonlyMap<string, JsonObject>;

export interface Choice {
  /** Paths of what is needed, as far as it is known yet. */
  readonly files: readonly string[];
  /** Those of them that have to be read before the choice is final. */
  readonly unread: readonly string[];
  /** What is needed and not there, in words. */
  readonly missing: readonly string[];
  /** Paths of optional files that are not there. */
  readonly absent: readonly string[];
}

/**
 * The files of a repository that a layout needs, and no more: of what serves a need, what is in the
 * cache already, else the best. A pure function: where it depends on JSON files that have not been
 * read, it says which; read them, and ask again.
 */
export function chooseFiles(
  candidates: readonly Candidate[],
  layout: Layout,
  documents: Documents,
): Choice {
  const isHere = new Map(candidates.map((file) => [file.path, file.isHere]));
  if (!isHere.has(layout.document)) {
    return { files: [], unread: [], missing: [layout.document], absent: [] };
  }
  const document = documents.get(layout.document);
  if (!document) {
    return { files: [layout.document], unread: [layout.document], missing: [], absent: [] };
  }
  const files = new Set([layout.document]);
  const [unread, missing, absent] = [new Set<string>(), new Array<string>(), new Array<string>()];
  for (const { what, servings, isOptional } of layout.needs(document)) {
    const served = servings
      .map((serving) => filesOf(serving, documents))
      .filter((set) => set.files.every((path) => isHere.has(path)));
    const best = served.find((set) => set.files.every((path) => isHere.get(path))) ?? served[0];
    if (best) {
      for (const path of best.files) files.add(path);
      if (best.unread !== undefined) unread.add(best.unread);
    } else if (isOptional) absent.push(what);
    else missing.push(what);
  }
  return { files: [...files], unread: [...unread], missing, absent };
}

/** The files of a serving; of an index that has not been read, itself alone. */
function filesOf(
  serving: Serving,
  documents: Documents,
): { readonly files: readonly string[]; readonly unread?: string } {
  if ('files' in serving) return serving;
  const { index } = serving;
  const document = documents.get(index);
  if (!document) return { files: [index], unread: index };
  return { files: [index, ...shardsOf(document, index)] };
}

/** The files that an index of transformers or diffusers names, each beside it. */
function shardsOf(document: JsonObject, index: string): string[] {
  const folder = index.slice(0, index.lastIndexOf('/') + 1);
  return [...new Set(Object.values(weightMapOf(document, index)))].map((name) => {
    requireInside(name, index);
    return folder + name;
  });
}

/** Asks for the choice until it is final, reading what it depends on. */
export async function settleChoice(
  candidates: readonly Candidate[],
  layout: Layout,
  read: (path: string) => Promise<JsonObject>,
): Promise<Choice> {
  const documents = new Map<string, JsonObject>();
  for (;;) {
    const choice = chooseFiles(candidates, layout, documents);
    if (choice.unread.length === 0) return choice;
    for (const path of choice.unread) documents.set(path, await read(path));
  }
}
