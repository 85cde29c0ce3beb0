/** Two hexadecimal digits for each byte, in lower case. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What `toHex` gives of a byte or more. */
export const hexadecimal = /^(?:[0-9a-f]{2})+$/;

/** The bytes of an even number of hexadecimal digits, which the caller has checked. */
export const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
