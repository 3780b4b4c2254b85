/** What senders that do not wait for each other are told, and what they tell afterwards. */
export interface PressureOptions {
  readonly url: string;
  readonly ca: string;
  readonly seed: string;
  /** Where to: an endpoint with its secret, the application's key, and the prefix of its connection. */
  readonly endpoints: readonly {
    readonly path: string;
    readonly secret: string;
    readonly key: string;
    readonly out: string;
  }[];
  readonly perSecond: { readonly webhook: number; readonly own: number; readonly call: number };
}

/** How the requests of one kind and phase were answered: status and code, or `nothing`, or `broken off` in the middle. */
export interface Tally {
  readonly answers: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

export interface PressureResult {
  /** Number of the webhook, and the id it was acknowledged with. */
  readonly acknowledged: readonly (readonly [number: number, event: string])[];
  /** The same of own events. */
  readonly own: readonly (readonly [number: number, event: string])[];
  /** By what a call says in `x-request-id`: under which id the gateway answered it, if it did. */
  readonly calls: readonly (readonly [call: string, request: string | null])[];
  /** By kind and phase, such as `call away`. */
  readonly tallies: readonly (readonly [phase: string, tally: Tally])[];
  readonly requests: number;
  readonly duplicates: number;
}
