import type { ClientIdentity } from './client-identity.ts';

/** A header field: its name in lower case and its value. */
export type HeaderField = readonly [name: string, value: string];

/** Time limits of one call, in place of those configured. */
export interface OutboundTimeouts {
  /** Name look-up, connection and TLS handshake. */
  readonly connectTimeoutMs: number;
  /** Until the headers of the answer, counted while we wait for the other side. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of the answer's body. */
  readonly bodyTimeoutMs: number;
  /** The whole call, its body included. */
  readonly totalTimeoutMs: number;
}

/** One call outward. */
export interface OutboundCall {
  /** `https://host[:port]` in its canonical form. */
  readonly origin: string;
  /** The raw path and query; sent as these bytes. */
  readonly target: string;
  /** GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS. */
  readonly method: string;
  /** Host, framing and hop-by-hop fields are ours; they are dropped here. Expect, Upgrade and Trailer are refused. */
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** The length of a streamed body when it is known; without it the body is sent in chunks. */
  readonly bodyBytes?: number | null;
  /** The credential partition, for instance a connection's id: no socket serves two of them. */
  readonly pool: string;
  /** PEM of authorities trusted for this call besides the bundled and the configured ones. */
  readonly ca?: string | null;
  /** Base64 SHA-256 digests of public keys (SPKI), at least two; one must be in the verified chain. */
  readonly pins?: readonly string[];
  /** The certificate shown to a server that asks for one. */
  readonly identity?: ClientIdentity | null;
  readonly timeouts?: Partial<OutboundTimeouts>;
  /** The answer's body; never above the configured limit. */
  readonly responseBytesMax?: number;
  /** Cancels the call and closes its connection. */
  readonly signal?: AbortSignal;
}

/** The answer to a call, whatever its status. Exactly one of `body`, `bytes` and `discard` is used. */
export interface OutboundAnswer {
  readonly status: number;
  /** As received, names in lower case, without hop-by-hop fields. */
  readonly headers: readonly HeaderField[];
  /** The body as it arrives; leaving the loop early closes the connection. Throws `OUTBOUND_*` faults. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body, or `OUTBOUND_RESPONSE_TOO_LARGE` beyond `max` bytes. */
  bytes(max: number): Promise<Uint8Array>;
  /** Gives the answer up; a short rest is read so that the connection stays useful. Never throws. */
  discard(): Promise<void>;
  /** The address that was called. */
  readonly address: string;
}

/** Calls outward: the only way out of the gateway. */
export interface Outbound {
  /** Makes one call, without redirects and without repeating anything. Throws `OUTBOUND_*`, `INVALID_REQUEST`, `BUSY`. */
  call(call: OutboundCall): Promise<OutboundAnswer>;
  /** Refuses new calls, cancels waiting ones, lets those under way end within `shutdownTimeoutMs`. */
  close(): Promise<void>;
}
