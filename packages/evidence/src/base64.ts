/**
 * Decodes standard base64 (RFC 4648 section 4) and refuses every spelling but the canonical one.
 * @example decodeBase64('AQ=='); // Uint8Array [1]; 'AQ', 'AR==' and 'A Q==' give null
 */
export function decodeBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  // The built-in decoder is lenient; writing the bytes again shows whether the text was canonical.
  return bytes.toString('base64') === text ? bytes : null;
}

/** Encodes bytes as standard base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
