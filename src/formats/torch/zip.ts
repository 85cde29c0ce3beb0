import { ModelLockError } from '../../base/error.ts';
import { readRange } from '../../platform/files.ts';
import type { FilePlace } from '../stored-tensor.ts';

/** An entry of a zip archive, by its directory (PKWARE's APPNOTE.TXT, section 4.3). */
export interface ZipEntry {
  /** Of its header, before its bytes. */
  readonly offset: number;
  /** Of its bytes in the file, which are those of the entry where it is stored. */
  readonly length: number;
  /** Whether its bytes are neither compressed nor encrypted. */
  readonly stored: boolean;
}

const signatures = {
  header: 0x04034b50,
  directoryEntry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  end64Place: 0x07064b50,
} as const;

const headerBytes = 30;
const directoryEntryBytes = 46;
const endBytes = 22;
const end64Bytes = 56;
const end64PlaceBytes = 20;
/** The end of a directory carries a comment of a 16-bit length. */
const maxCommentBytes = 0xffff;
/** A directory of a million entries; the largest checkpoints have some thousands. */
const maxDirectoryBytes = 2 ** 26;
/** A number that stands in an extra field, for it has 64 bits. */
const elsewhere = 0xffffffff;

type Fail = (what: string) => never;

function failAt(where: string): Fail {
  return (what) => {
    throw new ModelLockError('corrupt', `${where} is no valid zip archive: ${what}`);
  };
}

/** Whether a file that begins so is a zip archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === signatures.header;
}

/**
 * The entries of a zip archive by name, of which only the directory at its end is read.
 * Throws `corrupt`, naming the file, before anything is allocated for a size that lies.
 */
export async function readZipDirectory(
  path: string,
  fileBytes: number,
): Promise<Map<string, ZipEntry>> {
  const fail = failAt(path);
  const { offset, length } = await findDirectory(path, fileBytes, fail);
  if (length > maxDirectoryBytes) fail(`its directory has ${length} bytes`);
  if (offset + length > fileBytes) fail('its directory lies beyond its end');
  return parseDirectory(await readRange(path, offset, length), fileBytes, fail);
}

/** Where the bytes of an entry lie: behind a header of its own, whose length the directory does not tell. */
export async function placeOfEntry(
  path: string,
  { offset, length }: ZipEntry,
  fileBytes: number,
): Promise<FilePlace> {
  const fail = failAt(path);
  if (offset + headerBytes > fileBytes) fail('an entry lies beyond its end');
  const header = viewOf(await readRange(path, offset, headerBytes));
  if (header.getUint32(0, true) !== signatures.header) fail(`there is no entry at byte ${offset}`);
  const start = offset + headerBytes + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + length > fileBytes) fail('an entry lies beyond its end');
  return { path, offset: start, length };
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

async function findDirectory(path: string, fileBytes: number, fail: Fail): Promise<Span> {
  const tailBytes = Math.min(fileBytes, endBytes + maxCommentBytes);
  const tail = viewOf(await readRange(path, fileBytes - tailBytes, tailBytes));
  const at = findEnd(tail);
  if (at < 0) return fail('it has no directory at its end; it may be cut off');
  const end = { offset: tail.getUint32(at + 16, true), length: tail.getUint32(at + 12, true) };
  const pointer = at - end64PlaceBytes;
  if (pointer < 0 || tail.getUint32(pointer, true) !== signatures.end64Place) return end;
  return findDirectory64(path, uint64(tail, pointer + 8), fileBytes, fail);
}

/** Of the record whose comment ends where the file does; -1 without one. */
function findEnd(tail: DataView): number {
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    const comment = tail.byteLength - endBytes - at;
    if (tail.getUint32(at, true) === signatures.end && tail.getUint16(at + 20, true) === comment) {
      return at;
    }
  }
  return -1;
}

async function findDirectory64(
  path: string,
  offset: number,
  fileBytes: number,
  fail: Fail,
): Promise<Span> {
  if (offset + end64Bytes > fileBytes) return fail('its 64-bit directory lies beyond its end');
  const end = viewOf(await readRange(path, offset, end64Bytes));
  if (end.getUint32(0, true) !== signatures.end64) return fail('its 64-bit directory is missing');
  return { offset: uint64(end, 48), length: uint64(end, 40) };
}

function parseDirectory(bytes: Uint8Array, fileBytes: number, fail: Fail): Map<string, ZipEntry> {
  const view = viewOf(bytes);
  const text = new TextDecoder();
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < bytes.length;) {
    if (at + directoryEntryBytes > bytes.length) fail('its directory is cut off');
    if (view.getUint32(at, true) !== signatures.directoryEntry) fail('its directory is broken');
    const nameEnd = at + directoryEntryBytes + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) fail('its directory is cut off');
    const name = text.decode(bytes.subarray(at + directoryEntryBytes, nameEnd));
    const sizes = sizesOf(view, at, nameEnd, extraEnd);
    if (entries.has(name)) fail(`it has two entries "${name}"`);
    if (sizes.offset + sizes.length > fileBytes) fail(`entry "${name}" lies beyond its end`);
    const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
    entries.set(name, { ...sizes, stored: view.getUint16(at + 10, true) === 0 && !encrypted });
    at = next;
  }
  return entries;
}

/** Offset and length of an entry, from the extra field of 64-bit numbers where they stand there. */
function sizesOf(view: DataView, at: number, extra: number, extraEnd: number): Span {
  const whole = view.getUint32(at + 24, true);
  const length = view.getUint32(at + 20, true);
  const offset = view.getUint32(at + 42, true);
  let place = extraField(view, extra, extraEnd, 1);
  const resolve = (short: number): number => {
    if (short !== elsewhere || place === undefined || place.offset + 8 > place.end) return short;
    place = { offset: place.offset + 8, end: place.end };
    return uint64(view, place.offset - 8);
  };
  // In this order, each only where it stands for a 64-bit one.
  resolve(whole);
  return { length: resolve(length), offset: resolve(offset) };
}

function extraField(
  view: DataView,
  start: number,
  end: number,
  wanted: number,
): { readonly offset: number; readonly end: number } | undefined {
  for (let at = start; at + 4 <= end;) {
    const next = at + 4 + view.getUint16(at + 2, true);
    if (next > end) return undefined;
    if (view.getUint16(at, true) === wanted) return { offset: at + 4, end: next };
    at = next;
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
