import {
  createCipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes as systemRandomBytes,
  scrypt as nodeScrypt,
  timingSafeEqual,
} from 'node:crypto';
import { bytesOf } from './bytes.ts';

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** A hash under a secret: without it, nobody can test what was hashed. */
export function hmacSha256(
  secret: Uint8Array,
  ...parts: readonly (Uint8Array | string)[]
): Uint8Array {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return bytesOf(hmac.digest());
}

export function hkdfSha256(secret: Uint8Array, info: string, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), info, length));
}

/** A slow hash of a password, for what may be guessed. */
export function scrypt(password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    nodeScrypt(password, salt, 32, { N: 2 ** 15, r: 8, maxmem: 2 ** 26 }, (error, key) => {
      if (error) reject(error);
      else resolve(bytesOf(key));
    });
  });
}

/** `length` bytes of the AES-256-CTR stream of a 32-byte key. */
export function cipherStream(key: Uint8Array, length: number): Uint8Array {
  const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  return bytesOf(cipher.update(new Uint8Array(length)));
}

export const randomBytes = (length: number): Uint8Array => bytesOf(systemRandomBytes(length));

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
