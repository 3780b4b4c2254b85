import {
  type Actor,
  type AuditPort,
  type Clock,
  createRanges,
  type EnvironmentId,
  Fault,
  type JsonValue,
  type Limits,
  newId,
  type Page,
  Secret,
  utf8,
} from '#base';
import { type Environments, refuseForeignTag } from '#environments';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { newCredentialText } from './credential-text.ts';
import { type Giver, requireHeld } from './giver.ts';
import { type Holders, subjectOf } from './holders.ts';
import { RUNTIME_KIND } from './judge.ts';
import { checkName, checkSettings, type KeyKind, type KeySettings, NO_SETTINGS } from './key-settings.ts';
import {
  type KeyTarget,
  type KeyView,
  type SecretView,
  secretViewOf,
  settingsOf,
  settingValues,
  viewOf,
} from './key-view.ts';
import {
  countTokens,
  insertKey,
  insertSecret,
  lockKey,
  revokeKey,
  selectKey,
  selectKeys,
  selectSecrets,
  updateKey,
} from './queries.ts';

export interface NewKey extends Partial<KeySettings> {
  readonly environment: EnvironmentId;
  readonly kind: KeyKind;
  readonly name: string;
}

/** API keys and what they may do. */
export interface Keys {
  /**
   * Makes a key; the secret is the whole `sk_…` text and is in this answer only. It can do nothing until it is given
   * scopes. `WRONG_KEY_KIND` when kind and environment don't fit (K3, Q3), `CONFLICT` when a key in force has this
   * name, `SCOPE_NOT_HELD`, `INVALID_REQUEST`.
   */
  create(key: NewKey, actor: Actor, giver?: Giver | null): Promise<{ key: KeyView; secret: Secret }>;
  /**
   * Changes what a key may do, at once on every node. `KEY_NOT_FOUND`, `CONFLICT` for a revoked one, `SCOPE_NOT_HELD`,
   * `LOCKS_OUT_CALLER` when it would shut out the key or address that asks for it, unless forced.
   */
  change(
    change: KeyTarget & { readonly settings: Partial<KeySettings>; readonly force?: boolean | undefined },
    actor: Actor,
    giver?: Giver | null,
  ): Promise<KeyView>;
  /** Revokes a key and with it its bearer tokens. Repeating it changes nothing. `KEY_NOT_FOUND`. */
  revoke(target: KeyTarget, actor: Actor): Promise<KeyView>;
  get(target: KeyTarget): Promise<KeyView>;
  /** The secrets of a key that are in force, newest first. */
  secrets(target: KeyTarget): Promise<readonly SecretView[]>;
  list(query: {
    environment: EnvironmentId;
    after?: string | undefined;
    limit: number;
  }): Promise<Page<KeyView>>;
}

export interface KeysPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Environments;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly holders: Holders;
}

/** Makes the administration of keys. */
export function createKeys({ store, keyring, environments, audit, clock, holders }: KeysPorts): Keys {
  return {
    async create({ environment, kind, name, ...given }, actor, giver = null) {
      checkName(name);
      const settings: KeySettings = { ...NO_SETTINGS, ...given };
      checkSettings(settings, { kind, nowMs: clock.now() });
      requireHeld(giver, settings.scopes);
      const { kind: environmentKind } = await environments.get(environment);
      refuseForeignTag(name, environmentKind);
      const fitting = RUNTIME_KIND[environmentKind];
      if (kind !== 'admin' && kind !== fitting) {
        throw new Fault('WRONG_KEY_KIND', {
          detail: `A ${environmentKind} environment has ${fitting} and admin keys.`,
        });
      }
      const text = newCredentialText(kind);
      const pepper = await keyring.pepper();
      const id = newId('key', clock);
      const now = new Date(clock.now());
      const digest = Buffer.from(pepper.digest(pepper.current, utf8(text)));
      const row = await store.transaction(environment, async (tx) => {
        if ((await tx.run(insertKey, [environment, id, kind, name, now, ...settingValues(settings)])) === 0)
          throw new Fault('CONFLICT', { detail: 'A key in force has this name.' });
        const secret = [environment, newId('secret', clock), id, pepper.current, digest, now];
        await tx.run(insertSecret, secret);
        const act = { action: 'key.created', actor, resource: `key:${id}`, outcome: 'success' } as const;
        await audit.record(tx, environment, { ...act, details: { kind, name, ...recorded(settings) } });
        return tx.row(selectKey, [environment, id]);
      });
      if (row === null) throw new Fault('KEY_NOT_FOUND');
      return { key: viewOf(row), secret: Secret.fromText(text) };
    },

    async change({ environment, key, settings: given, force = false }, actor, giver = null) {
      requireHeld(giver, given.scopes ?? []);
      const changed = await store.transaction(environment, async (tx) => {
        const row = await tx.row(lockKey, [environment, key]);
        if (row === null) throw new Fault('KEY_NOT_FOUND');
        if (row.revoked_at !== null) throw new Fault('CONFLICT', { detail: 'The key is revoked.' });
        const settings: KeySettings = { ...settingsOf(row), ...given };
        checkSettings(settings, { kind: row.kind, nowMs: clock.now() });
        // A stronger key is not for a weaker one to open to other addresses, origins or times.
        requireHeld(giver, row.scopes);
        if (giver?.key === key && !force) refuseLockout({ before: settingsOf(row), after: settings, actor });
        await tx.run(updateKey, [environment, key, new Date(clock.now()), ...settingValues(settings)]);
        const act = { action: 'key.changed', actor, resource: `key:${key}`, outcome: 'success' } as const;
        await audit.record(tx, environment, { ...act, details: recorded(given) });
        const after = await tx.row(selectKey, [environment, key]);
        await store.changes.announce(tx, environment, subjectOf(key));
        return after;
      });
      holders.changed(key);
      if (changed === null) throw new Fault('KEY_NOT_FOUND');
      return viewOf(changed);
    },

    async revoke({ environment, key }, actor) {
      const row = await store.transaction(environment, async (tx) => {
        const revoked = await tx.run(revokeKey, [environment, key, new Date(clock.now())]);
        const row = await tx.row(selectKey, [environment, key]);
        if (row === null) throw new Fault('KEY_NOT_FOUND');
        if (revoked === 1) {
          const tokens = await tx.row(countTokens, [environment, key, null, new Date(clock.now())]);
          const act = { action: 'key.revoked', actor, resource: `key:${key}`, outcome: 'success' } as const;
          await audit.record(tx, environment, { ...act, details: { tokens } });
          await store.changes.announce(tx, environment, subjectOf(key));
        }
        return row;
      });
      holders.changed(key);
      return viewOf(row);
    },

    async get({ environment, key }) {
      const row = await store.transaction(environment, (tx) => tx.row(selectKey, [environment, key]));
      if (row === null) throw new Fault('KEY_NOT_FOUND');
      return viewOf(row);
    },

    async secrets({ environment, key }) {
      const rows = await store.transaction(environment, async (tx) => {
        if ((await tx.row(selectKey, [environment, key])) === null) throw new Fault('KEY_NOT_FOUND');
        return tx.rows(selectSecrets, [environment, key, new Date(clock.now())]);
      });
      return rows.map(secretViewOf);
    },

    async list({ environment, after, limit }) {
      const rows = await store.transaction(environment, (tx) =>
        tx.rows(selectKeys, [environment, after ?? null, limit + 1]),
      );
      const items = rows.slice(0, limit).map(viewOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  };
}

/** Throws when a key would take from itself what it needs to undo that, or its own address. */
function refuseLockout(change: {
  readonly before: KeySettings;
  readonly after: KeySettings;
  readonly actor: Actor;
}): void {
  const { before, after, actor } = change;
  const address = actor.address ?? '';
  if (!passes(after.allowedAddresses, address) && passes(before.allowedAddresses, address))
    throw new Fault('LOCKS_OUT_CALLER', { detail: 'The address that asks would not pass.' });
  if (before.scopes.includes('keys:write') && !after.scopes.includes('keys:write'))
    throw new Fault('LOCKS_OUT_CALLER', { detail: 'The key that asks could change no key any more.' });
}

function passes(ranges: readonly string[], address: string): boolean {
  return ranges.length === 0 || createRanges(ranges).includes(address);
}

/** What the log says of settings: everything, since none of it is secret, but nobody's words. */
function recorded(settings: Partial<KeySettings>): { [name: string]: JsonValue } {
  const { boundTo, owner: _owner, note: _note, scopes, allowedAddresses, allowedOrigins, ...rest } = settings;
  return {
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    ...(allowedAddresses === undefined ? {} : { allowedAddresses: [...allowedAddresses] }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins: [...allowedOrigins] }),
    ...(boundTo === undefined || boundTo === null ? {} : { boundTo: `${boundTo.kind}:${boundTo.id}` }),
    ...(rest.expiresAtMs === undefined ? {} : { expiresAtMs: rest.expiresAtMs }),
    ...(rest.requestsPerMinute === undefined ? {} : { requestsPerMinute: rest.requestsPerMinute }),
    ...(rest.signedOnly === undefined ? {} : { signedOnly: rest.signedOnly }),
  };
}
