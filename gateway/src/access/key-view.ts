import type { EnvironmentId, KeyId, SecretId } from '#base';
import type { Binding, KeyKind, KeySettings } from './key-settings.ts';
import type { KeyRow, SecretRow } from './queries.ts';

/** Whose key it is. */
export interface KeyTarget {
  readonly environment: EnvironmentId;
  readonly key: KeyId;
}

/** An API key as it can be shown: everything but the key. */
export interface KeyView extends KeySettings {
  readonly id: KeyId;
  readonly kind: KeyKind;
  readonly name: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
  readonly uses: number;
  readonly lastUse: LastUse | null;
}

export interface LastUse {
  readonly atMs: number;
  readonly address: string;
  readonly agent: string;
}

/** A secret of a key as it can be shown. */
export interface SecretView {
  readonly id: SecretId;
  readonly createdAtMs: number;
  /** When it ends, once another has taken its place. */
  readonly retiresAtMs: number | null;
}

export function viewOf(row: KeyRow): KeyView {
  const { last_used_at, last_address, last_agent } = row;
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    createdAtMs: row.created_at.getTime(),
    revokedAtMs: row.revoked_at?.getTime() ?? null,
    ...settingsOf(row),
    uses: row.uses,
    lastUse:
      last_used_at === null
        ? null
        : { atMs: last_used_at.getTime(), address: last_address ?? '', agent: last_agent ?? '' },
  };
}

export function settingsOf(row: KeyRow): KeySettings {
  return {
    scopes: row.scopes,
    boundTo: bindingOf(row),
    expiresAtMs: row.expires_at?.getTime() ?? null,
    allowedAddresses: row.allowed_addresses,
    allowedOrigins: row.allowed_origins,
    requestsPerMinute: row.requests_per_minute,
    signedOnly: row.signed_only,
    owner: row.owner,
    note: row.note,
  };
}

export function secretViewOf({ id, created_at, retires_at }: SecretRow): SecretView {
  return { id, createdAtMs: created_at.getTime(), retiresAtMs: retires_at?.getTime() ?? null };
}

export function bindingOf(row: {
  readonly bound_kind: Binding['kind'] | null;
  readonly bound_id: string | null;
}): Binding | null {
  return row.bound_kind === null || row.bound_id === null ? null : { kind: row.bound_kind, id: row.bound_id };
}

/** The columns of settings, in the order of the statements. */
export function settingValues(settings: KeySettings): readonly unknown[] {
  return [
    settings.scopes,
    settings.boundTo?.kind ?? null,
    settings.boundTo?.id ?? null,
    settings.expiresAtMs === null ? null : new Date(settings.expiresAtMs),
    settings.allowedAddresses,
    settings.allowedOrigins,
    settings.requestsPerMinute,
    settings.signedOnly,
    settings.owner,
    settings.note,
  ];
}
