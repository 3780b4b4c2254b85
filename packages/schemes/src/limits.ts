/** Every limit of this package, units last. */
export const LIMITS = Object.freeze({
  /** An HMAC under an empty or tiny secret can be made by anyone (CVE-2026-41432). */
  secretBytesMin: 16,
  secretBytesMax: 1024,
  rsaBitsMin: 2048,
  rsaBitsMax: 8192,
  /** A rotation holds two or three; each costs one HMAC per message. */
  secretsMax: 16,
  /** A sender in the middle of a rotation signs two or three times. */
  signaturesMax: 16,
  signatureHeaderCharactersMax: 4096,
  /** Ids of headers and bodies alike. */
  idCharactersMax: 256,
  eventTypeCharactersMax: 256,
  parameterCharactersMax: 512,
  urlCharactersMax: 2048,
  toleranceSecondsMax: 86_400,
  /** Bodies of which something else than the bytes is signed are parsed: so much of them, and so deep. */
  derivedBodyBytesMax: 262_144,
  jsonDepthMax: 32,
  jsonNodesMax: 10_000,
  /** Messages signed one by one within one body, as Adyen's are. */
  itemsMax: 100,
  challengeCharactersMax: 256,
  /** A certificate or key as a platform serves it. */
  fetchedKeyBytesMax: 16_384,
  /** A configuration of the generic scheme. */
  literalCharactersMax: 64,
  contentPartsMax: 16,
  pathPartsMax: 8,
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
