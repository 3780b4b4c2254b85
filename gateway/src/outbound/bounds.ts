/** The bounds of calling out that nobody needs to configure. */
export const OUTBOUND_BOUNDS = Object.freeze({
  /** Between two attempts to connect to the addresses of one name (RFC 8305 section 5). */
  connectStaggerMs: 250,
  /** Addresses of one answer that are tried; all of them are checked. */
  addressesTriedMax: 8,
  /** Informational (1xx) answers before the answer. */
  informationalMax: 8,
  /** Bytes of an answer's body waiting for its reader before the connection is paused. */
  bufferedBytesMax: 64 * 1024,
  /** Bytes that `discard` reads so that the connection can be used again; with more to come it is closed. */
  discardBytesMax: 64 * 1024,
  /** A request target. */
  targetBytesMax: 16 * 1024,
  /** Header fields of a request. */
  requestHeadersMax: 200,
  /** A connection is used for this long, so that a changed address, certificate or authority takes effect. */
  connectionLifeMs: 600_000,
  /** TLS contexts kept, one for each set of authorities. */
  contextsMax: 64,
  /** The PEM text of private authorities. */
  caBytesMax: 256 * 1024,
  /** A client certificate with its chain, and its key. */
  identityBytesMax: 64 * 1024,
  /** Pins of one call: one in use and a backup at least (RFC 7469 section 4.3). */
  pinsMin: 2,
  pinsMax: 8,
});
