import type { DataSet } from 'dicom-parser';
import { toHex } from '../../base/hex.ts';
import { hmacSha256 } from '../../platform/crypto.ts';

/**
 * All that leaves a DICOM file besides its pixels. Patients, studies and series are pseudonyms: the
 * same for the same salt, and to be guessed by nobody without it.
 */
export interface DicomSource {
  /** 64 hexadecimal digits, as `study` and `series`; missing where the file does not say. */
  readonly patient?: string;
  readonly study?: string;
  readonly series?: string;
  /** Such as `CT`. */
  readonly modality?: string;
  readonly frames: number;
}

const identifiers = { patient: 'x00100020', study: 'x0020000d', series: 'x0020000e' } as const;

export function sourceOf(dataSet: DataSet, frames: number, salt: Uint8Array): DicomSource {
  const pseudonyms = Object.entries(identifiers).flatMap(([kind, tag]) => {
    const id = dataSet.string(tag);
    return id ? [[kind, pseudonym(salt, kind, id)] as const] : [];
  });
  const modality = dataSet.string('x00080060') ?? '';
  return {
    ...Object.fromEntries(pseudonyms),
    // A code of the standard, such as CT or DX; whatever else was written there stays there.
    ...(/^[A-Z]{2,8}$/.test(modality) && { modality }),
    frames,
  };
}

const pseudonym = (salt: Uint8Array, kind: string, id: string): string =>
  toHex(hmacSha256(salt, kind, '\0', id));
