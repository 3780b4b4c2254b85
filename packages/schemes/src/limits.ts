/** Every limit of this package, units last. */
export const LIMITS = Object.freeze({
  /** An HMAC under an empty or tiny secret can be made by anyone (CVE-2026-41432). */
  secretBytesMin: 16,
  secretBytesMax: 1024,
  /** A rotation holds two or three; each costs one HMAC per message. */
  secretsMax: 16,
  /** A sender in the middle of a rotation signs two or three times. */
  signaturesMax: 16,
  signatureHeaderCharactersMax: 4096,
  /** Ids of headers and bodies alike. */
  idCharactersMax: 256,
  toleranceSecondsMax: 86_400,
  /** A structured field; an ML-DSA-65 signature in base64 has 4412 characters. */
  fieldCharactersMax: 8192,
  targetCharactersMax: 8192,
  authorityCharactersMax: 261,
  /** Key ids and nonces of requests. */
  plainTextCharactersMax: 128,
  /** 96 bits in base64, which no two of 2^32 requests share by chance. */
  nonceCharactersMin: 16,
  componentsMax: 32,
  pemCharactersMax: 16_384,
});
