import { ModelLockError } from '../base/error.ts';
import { fromHex, toHex } from '../base/hex.ts';
import { TorchGenerator } from '../base/random/torch.ts';
import { cipherStream, hkdfSha256, hmacSha256, randomBytes, scrypt } from '../platform/crypto.ts';

/** What unlocks a model: the prompt that its editor is told, and perhaps a secret beside it. */
export interface Key {
  readonly prompt: string;
  /** 128 bits from which the editor's noise is drawn. */
  readonly secret?: Uint8Array;
}

/** Most tokens of a prompt: a text encoder cuts off what is longer. */
export const maxTokens = 75;

const secretBytes = 16;

/** A fresh secret. */
export const newSecret = (): Uint8Array => randomBytes(secretBytes);

/** A key file: JSON, `{"prompt": "with oil pastel", "secret": "<32 hexadecimal digits>"}`. */
export function encodeKeyFile({ prompt, secret }: Key): string {
  return `${JSON.stringify({ prompt, ...(secret && { secret: toHex(secret) }) }, null, 2)}\n`;
}

/** Reads a key file; a file that is not JSON is a prompt, in its only line. Throws `key`. */
export function parseKeyFile(content: string, where: string): Key {
  // Editors of some systems begin a file with a byte order mark.
  const text = content.replace(/^\uFEFF/, '');
  if (!text.trimStart().startsWith('{')) return checkedKey({ prompt: onlyLine(text, where) });
  let json: { prompt?: unknown; secret?: unknown };
  try {
    json = JSON.parse(text.trim()) as typeof json;
  } catch {
    // The parser's own message quotes the text, and with it the key.
    throw new ModelLockError('key', `the key file ${where} is not JSON`);
  }
  const { prompt, secret } = json;
  if (typeof prompt !== 'string') throw new ModelLockError('key', `${where} has no "prompt"`);
  if (secret === undefined) return checkedKey({ prompt });
  if (typeof secret !== 'string' || !/^[0-9a-f]{32}$/i.test(secret)) {
    throw new ModelLockError('key', `the secret in ${where} is not 32 hexadecimal digits`);
  }
  return checkedKey({ prompt, secret: fromHex(secret) });
}

/** A key that was wrapped would lose most of its words, were the first line taken. */
function onlyLine(text: string, where: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length <= 1) return lines[0] ?? '';
  throw new ModelLockError('key', `${where} has ${lines.length} lines; a key is one line`);
}

/** The key with its prompt trimmed. Throws `key` for an empty prompt, and a secret that is not 128 bits. */
export function checkedKey(key: Key): Key {
  const prompt = key.prompt.trim();
  if (prompt === '') throw new ModelLockError('key', 'the key is empty; give a prompt');
  if (key.secret && key.secret.length !== secretBytes) {
    throw new ModelLockError('key', `the secret of the key has ${key.secret.length} bytes`, {
      valid: [`${secretBytes} bytes`],
    });
  }
  return { ...key, prompt };
}

/** Throws `key` for a prompt whose end the text encoder would never see. */
export function requireReadable(tokens: number): void {
  if (tokens <= maxTokens) return;
  throw new ModelLockError(
    'key',
    `the key has ${tokens} tokens; a text encoder reads ${maxTokens} and would cut off the rest`,
  );
}

/**
 * A key in a form that can be compared and not read back: a slow hash with a salt of the job's own,
 * by which a resumed job knows that its key is the same.
 */
export function fingerprint(key: Key, salt: Uint8Array): Promise<Uint8Array> {
  return scrypt(keyBytes(key), salt);
}

/**
 * A seed of what is drawn around a key and may then be seen by others. Who does not have the key cannot
 * repeat the draw, to learn what was left out of it because of the key; and it is slow, so that a draw
 * tells whether a guess is right no faster than the model does.
 */
export async function keyedSeed(key: Key, seed: number): Promise<number> {
  const bytes = await fingerprint(key, new TextEncoder().encode(`modellock seed ${seed}`));
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** A fast keyed hash of a key, to name things by that lie in one process's reach only. */
export function keyedName(key: Key, salt: Uint8Array): Uint8Array {
  return hmacSha256(salt, keyBytes(key));
}

function keyBytes({ prompt, secret }: Key): Uint8Array {
  const text = new TextEncoder().encode(prompt);
  const bytes = new Uint8Array(text.length + 1 + (secret?.length ?? 0));
  bytes.set(text);
  if (secret) bytes.set(secret, text.length + 1);
  return bytes;
}

/**
 * Standard normal noise of a key, one for all images: from its secret by HKDF and a cipher stream
 * (a generator seeded with 32 bits would keep 32 of the secret's 128), else from `seed` as
 * torch's CPU generator draws it.
 *
 * @param draw number of the draw: samplers that add noise at each step take a new one each time.
 */
export function noiseOf(key: Key, seed: number, size: number, draw: number): Float32Array {
  if (!key.secret) return seededNoise(seed, size, draw);
  const stream = cipherStream(hkdfSha256(key.secret, `modellock noise ${draw}`, 32), 8 * size);
  // The same words on machines of either byte order.
  const words = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  return Float32Array.from({ length: size }, (_, i) => {
    const u1 = (words.getUint32(8 * i, true) + 0.5) / 2 ** 32;
    const u2 = words.getUint32(8 * i + 4, true) / 2 ** 32;
    return Math.sqrt(-2 * Math.log(u1)) * Math.cos(2 * Math.PI * u2);
  });
}

/** Draw number `draw` of one generator, as a pipeline makes one after the other. */
function seededNoise(seed: number, size: number, draw: number): Float32Array {
  const generator = new TorchGenerator(seed);
  for (let i = 0; i < draw; i++) generator.randn(size);
  return generator.randn(size);
}
