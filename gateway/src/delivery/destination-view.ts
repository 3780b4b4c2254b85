import type { DestinationId } from '#base';
import { describeCertificate } from '#outbound';
import type { DestinationRow, SecretRow } from './destination-queries.ts';
import { filterOf } from './fan-out.ts';
import type { Filter, OrderBy } from './filter.ts';
import { type SecretView, shownSecret } from './secrets.ts';
import type { Signature } from './settings.ts';

export type DestinationKind = 'push' | 'pull';
/** `failing`: paused by itself after failing for long, and tried from time to time until it takes something. */
export type DestinationState = 'active' | 'paused' | 'failing';

/** A destination as it can be shown: everything but its secrets. */
export interface DestinationView {
  readonly id: DestinationId;
  readonly name: string;
  readonly kind: DestinationKind;
  /** `null` of one that is pulled from. */
  readonly url: string | null;
  readonly state: DestinationState;
  readonly filter: Filter;
  readonly orderBy: OrderBy | null;
  readonly signature: Signature;
  readonly parameters: Readonly<Record<string, string>>;
  readonly timeoutMs: number | null;
  readonly concurrency: number | null;
  readonly ratePerSecond: number | null;
  readonly scheduleSeconds: readonly number[] | null;
  readonly passHeaders: readonly string[];
  readonly headerNames: readonly string[];
  readonly clientCertificate: { readonly fingerprint: string; readonly validToMs: number } | null;
  readonly secrets: readonly SecretView[];
  readonly pausedAtMs: number | null;
  readonly pausedReason: string | null;
  /** Since when every attempt has failed. */
  readonly failingSinceMs: number | null;
  readonly nextProbeAtMs: number | null;
  readonly createdAtMs: number;
}

/** What can be shown of a row and its secrets in force. */
export function viewOf(row: DestinationRow, secrets: readonly SecretRow[]): DestinationView {
  const { id, name, kind, url, state, settings } = row;
  const { signature, parameters, timeoutMs, scheduleSeconds, passHeaders, headerNames } = settings;
  return {
    id,
    name,
    kind,
    url,
    state,
    filter: filterOf(row),
    orderBy: row.order_by,
    signature,
    parameters,
    timeoutMs,
    concurrency: row.concurrency,
    ratePerSecond: row.rate_per_second,
    scheduleSeconds,
    passHeaders,
    headerNames,
    clientCertificate: row.client_certificate === null ? null : describeCertificate(row.client_certificate),
    secrets: secrets.filter((secret) => secret.destination_id === id).map(shownSecret),
    pausedAtMs: row.paused_at?.getTime() ?? null,
    pausedReason: row.paused_reason,
    failingSinceMs: row.failing_since?.getTime() ?? null,
    nextProbeAtMs: row.probe_at?.getTime() ?? null,
    createdAtMs: row.created_at.getTime(),
  };
}
