import { ModelLockError } from '../../base/error.ts';
import { readText } from '../../platform/files.ts';
import { classList, namesIn, type ClassList } from './class-list.ts';

/** The classes of masks whose pixels have colours. */
export interface Palette extends Pick<ClassList, 'classes'> {
  /** Of each colour, as 0xRRGGBB: its class, or `ignoreIndex`. */
  readonly meaning: ReadonlyMap<number, number>;
}

/**
 * The kinds of line: `64 128 64 Animal` as CamVid has it, `Animal,64,128,64`, and `Animal:64,128,64::`
 * as CVAT has it, with parts and actions behind.
 */
const lineForms = [
  { form: /^(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})[\s,]+(.+)$/, name: 4, red: 1 },
  { form: /^(.+?)\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})$/, name: 1, red: 2 },
  { form: /^(.+?):(\d{1,3}),(\d{1,3}),(\d{1,3}):[^:]*:[^:]*$/, name: 1, red: 2 },
] as const;

/** A first line that names columns says no colour. */
const header = /^(?:name|class)\s*,|^r\s*[,\s]\s*g\s*[,\s]|^#\s*label:/i;

/**
 * Reads a file with a colour and a class on each line. Classes are in the order of the lines, those
 * named in `ignore` left out. Throws `data`, naming the line.
 */
export async function readPalette(path: string, ignore?: readonly string[]): Promise<Palette> {
  const lines = namesIn(await readText(path));
  if (header.test(lines.at(0) ?? '')) lines.shift();
  const entries = lines.map((line) => {
    for (const { form, name, red } of lineForms) {
      const match = form.exec(line);
      const colour = match?.slice(red, red + 3).map(Number);
      if (match && colour?.every((value) => value <= 255)) {
        return { name: match[name].trim(), colour: packed(colour[0], colour[1], colour[2]) };
      }
    }
    throw new ModelLockError('data', `${path}: "${line}" is no colour with a class`, {
      valid: ['64 128 64 Animal', 'Animal,64,128,64', 'Animal:64,128,64::'],
    });
  });
  const { classes, meaning } = classList(
    entries.map(({ name }) => name),
    path,
    ignore,
  );
  const byColour = new Map<number, number>();
  entries.forEach(({ name, colour }, id) => {
    if (byColour.has(colour)) {
      throw new ModelLockError('data', `${path} gives "${name}" a colour that another class has`);
    }
    byColour.set(colour, meaning[id]);
  });
  return { classes, meaning: byColour };
}

export const packed = (red: number, green: number, blue: number): number =>
  (red << 16) | (green << 8) | blue;
