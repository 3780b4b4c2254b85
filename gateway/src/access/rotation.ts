// node:crypto here: the digest by which a repeated request for a rotation is recognised.
import { hash } from 'node:crypto';
import {
  type Actor,
  type AuditPort,
  type Clock,
  Fault,
  type Limits,
  newId,
  Secret,
  type SecretId,
  textOf,
  utf8,
} from '#base';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { newCredentialText } from './credential-text.ts';
import { type Giver, requireHeld } from './giver.ts';
import { type Holders, subjectOf } from './holders.ts';
import type { KeyTarget } from './key-view.ts';
import {
  countTokens,
  endSecrets,
  insertSecret,
  type KeyRow,
  lockKey,
  retireSecret,
  selectSecrets,
} from './queries.ts';
import { deleteOldAnswers, insertAnswer, selectAnswer } from './rotation-queries.ts';
import type { Usage } from './usage.ts';

export interface Rotated {
  readonly id: SecretId;
  /** The whole `sk_…` text, in this answer only. */
  readonly secret: Secret;
  /** When the secrets before it end. */
  readonly previousRetireAtMs: number;
}

/** New secrets for keys, with an overlap in which the old ones still work (U10 Q10). */
export interface Rotation {
  /**
   * A new secret that works at once; those before it end after the overlap. With a request key, the same answer again
   * to whoever repeats the request within `rotationAnswerSeconds`. `KEY_NOT_FOUND`, `SCOPE_NOT_HELD`, `CONFLICT` for a revoked key and when too
   * many secrets are in force, `INVALID_REQUEST`.
   */
  rotate(
    rotation: KeyTarget & {
      readonly overlapSeconds?: number | undefined;
      readonly requestKey?: string | undefined;
    },
    actor: Actor,
    giver?: Giver | null,
  ): Promise<Rotated>;
  /**
   * Ends a secret now, and its bearer tokens. `SECRET_IN_USE` when it was used within `secretInUseSeconds`, with who did,
   * unless forced; `SECRET_NOT_FOUND`, also for the only one there is.
   */
  retire(
    target: KeyTarget & { readonly secret: SecretId; readonly force?: boolean | undefined },
    actor: Actor,
  ): Promise<void>;
  /** Deletes answers whose time is over; the number deleted. */
  sweep(): Promise<number>;
}

export interface RotationPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly holders: Holders;
  readonly usage: Usage;
}

const REQUEST_KEY = /^[\x21-\x7e]{8,200}$/;
/** A rotation that never ends its old secrets is none. */
const SECRETS_MAX = 4;
const SWEEP_ITEMS = 1_000;
const CALLERS_SHOWN = 3;

/** Makes the rotation of keys. */
export function createRotation(ports: RotationPorts): Rotation {
  const { store, keyring, audit, limits, clock, holders, usage } = ports;

  const overlapMs = (overlapSeconds: number | undefined): number => {
    const seconds = overlapSeconds ?? limits.secretOverlapSeconds;
    if (Number.isInteger(seconds) && seconds >= 0 && seconds <= limits.secretOverlapSecondsMax)
      return seconds * 1_000;
    const problem = `must be a whole number of seconds up to ${limits.secretOverlapSecondsMax}`;
    throw new Fault('INVALID_REQUEST', { fields: [{ path: 'overlapSeconds', problem }] });
  };

  const checkRequestKey = (requestKey: string, overlap: number): void => {
    if (!REQUEST_KEY.test(requestKey))
      throw new Fault('INVALID_REQUEST', { detail: 'Idempotency-Key must be 8 to 200 visible characters.' });
    // Whoever lost the answer has only the old secret to ask for it with.
    if (overlap >= limits.rotationAnswerSeconds * 1_000) return;
    const problem = `must be at least ${limits.rotationAnswerSeconds}, so that a lost answer can be asked for`;
    throw new Fault('INVALID_REQUEST', { fields: [{ path: 'overlapSeconds', problem }] });
  };

  return {
    async rotate({ environment, key, overlapSeconds, requestKey }, actor, giver = null) {
      const overlap = overlapMs(overlapSeconds);
      const previousRetireAtMs = clock.now() + overlap;
      if (requestKey !== undefined) checkRequestKey(requestKey, overlap);
      const request = requestKey === undefined ? null : hash('sha256', `${key} ${requestKey}`, 'buffer');
      const [pepper, sealer] = await Promise.all([keyring.pepper(), keyring.sealer(environment, 'access')]);
      const now = new Date(clock.now());
      const result = await store.transaction(environment, async (tx) => {
        // One rotation of a key at a time: who repeats a request waits for the first and gets its answer.
        const row = inForce(await tx.row(lockKey, [environment, key]));
        requireHeld(giver, row.scopes);
        const kept = request === null ? null : await tx.row(selectAnswer, [environment, key, request, now]);
        if (kept !== null) return { kept };
        if ((await tx.rows(selectSecrets, [environment, key, now])).length >= SECRETS_MAX)
          throw new Fault('CONFLICT', {
            detail: `At most ${SECRETS_MAX} secrets of a key are in force: retire one.`,
          });
        const text = newCredentialText(row.kind);
        const id = newId('secret', clock);
        const digest = Buffer.from(pepper.digest(pepper.current, utf8(text)));
        await tx.run(insertSecret, [environment, id, key, pepper.current, digest, now]);
        await tx.run(endSecrets, [environment, key, id, new Date(previousRetireAtMs)]);
        if (request !== null) {
          const sealed = Buffer.from(sealer.seal({ record: id, field: 'answer' }, utf8(text)));
          const until = new Date(now.getTime() + limits.rotationAnswerSeconds * 1_000);
          await tx.run(insertAnswer, [environment, key, request, id, sealed, until]);
        }
        const act = { action: 'key.rotated', actor, resource: `key:${key}`, outcome: 'success' } as const;
        await audit.record(tx, environment, { ...act, details: { secret: id, previousRetireAtMs } });
        await store.changes.announce(tx, environment, subjectOf(key));
        return { made: { id, secret: Secret.fromText(text), previousRetireAtMs } };
      });
      if (result.made !== undefined) {
        holders.changed(key);
        return result.made;
      }
      const { secret_id: id, sealed_answer: sealed, retires_at } = result.kept;
      const text = textOf(await sealer.open({ record: id, field: 'answer' }, sealed));
      const secret = Secret.fromText(text);
      return { id, secret, previousRetireAtMs: retires_at?.getTime() ?? previousRetireAtMs };
    },

    async retire({ environment, key, secret, force = false }, actor) {
      const sinceMs = clock.now() - limits.secretInUseSeconds * 1_000;
      const callers = force ? [] : await usage.callers({ environment, key, sinceMs, credential: secret });
      if (callers.length > 0) {
        const shown = callers.slice(0, CALLERS_SHOWN).map(({ address, agent }) => `${address} (${agent})`);
        throw new Fault('SECRET_IN_USE', { detail: `${callers.length} caller(s): ${shown.join(', ')}.` });
      }
      await store.transaction(environment, async (tx) => {
        const now = new Date(clock.now());
        inForce(await tx.row(lockKey, [environment, key]));
        const secrets = await tx.rows(selectSecrets, [environment, key, now]);
        if (!secrets.some(({ id }) => id === secret)) throw new Fault('SECRET_NOT_FOUND');
        if (secrets.length === 1)
          throw new Fault('CONFLICT', { detail: 'It is the only one: rotate first, or revoke the key.' });
        await tx.run(retireSecret, [environment, key, secret, now]);
        const tokens = await tx.row(countTokens, [environment, key, secret, now]);
        const act = {
          action: 'key.secret_retired',
          actor,
          resource: `key:${key}`,
          outcome: 'success',
        } as const;
        await audit.record(tx, environment, { ...act, details: { secret, force, tokens } });
        await store.changes.announce(tx, environment, subjectOf(key));
      });
      holders.changed(key);
    },

    sweep: () => store.system((tx) => tx.run(deleteOldAnswers, [new Date(clock.now()), SWEEP_ITEMS])),
  };
}

function inForce(row: KeyRow | null): KeyRow {
  if (row === null) throw new Fault('KEY_NOT_FOUND');
  if (row.revoked_at !== null) throw new Fault('CONFLICT', { detail: 'The key is revoked.' });
  return row;
}
