import { type Actor, equalBytes, Fault, type Limits, openSecretText, Secret, utf8 } from '#base';
import type { Sealer } from '#keyring';
import { isUsableSecret } from './destination-fields.ts';
import {
  deleteEndedSecrets,
  endDestinationSecrets,
  lockDestination,
  type SecretRow,
  selectDestinationSecrets,
  selectRotated,
} from './destination-queries.ts';
import { checkSecretTexts, type DestinationPorts, type DestinationTarget } from './destinations.ts';
import {
  keepSecret,
  kindsOf,
  type MadeSecret,
  newKeyPair,
  newSecretText,
  newSymmetric,
  openText,
  requestDigest,
  type SecretView,
  shownSecret,
} from './secrets.ts';

export interface RotatedSecrets {
  /** The text of a new symmetric secret, in this answer only; `null` where only a key pair was made. */
  readonly secret: Secret | null;
  /** Those in force now, the newest first. */
  readonly secrets: readonly SecretView[];
  /** When those before it end. */
  readonly previousEndAtMs: number;
}

/** New secrets for destinations, with an overlap in which deliveries bear the signatures of both. */
export interface DestinationRotation {
  /**
   * New secrets of the kinds that the destination's signature takes, at once in use; those before end after the overlap. With a request
   * key, the same answer again to whoever repeats the request within `rotationAnswerSeconds`. `DESTINATION_NOT_FOUND`,
   * `INVALID_REQUEST`, `CONFLICT` for one that is pulled from, and when too many are in force, `IDEMPOTENCY_KEY_REUSED` for another secret under one key.
   */
  rotate(
    rotation: DestinationTarget & {
      readonly overlapSeconds?: number | undefined;
      /** In place of one that is made. */
      readonly secret?: Secret | undefined;
      readonly requestKey?: string | undefined;
    },
    actor: Actor,
  ): Promise<RotatedSecrets>;
}

const REQUEST_KEY = /^[\x21-\x7e]{8,200}$/;
/** Of one kind: each signs every delivery. */
const SECRETS_MAX = 4;

/** Makes the rotation of destinations' secrets. */
export function createDestinationRotation(
  { store, keyring, audit, limits, clock }: DestinationPorts,
  changed: (target: DestinationTarget) => void,
): DestinationRotation {
  return {
    async rotate({ environment, destination, overlapSeconds, secret: given, requestKey }, actor) {
      const overlapMs = overlapMsOf(overlapSeconds, limits);
      if (requestKey !== undefined && !REQUEST_KEY.test(requestKey))
        throw new Fault('INVALID_REQUEST', {
          detail: 'Idempotency-Key must be 8 to 200 visible characters.',
        });
      const request = requestKey === undefined ? null : requestDigest(destination, requestKey);
      const sealer = await keyring.sealer(environment, 'destinations');
      const nowMs = clock.now();
      const result = await store.transaction(environment, async (tx) => {
        // One rotation at a time: who repeats a request waits for the first and gets its answer.
        const row = await tx.row(lockDestination, [environment, destination]);
        if (row === null) throw new Fault('DESTINATION_NOT_FOUND');
        if (row.kind === 'pull')
          throw new Fault('CONFLICT', { detail: 'What is pulled is not signed: it has no secret.' });
        const inForce = (): Promise<SecretRow[]> =>
          tx.rows(selectDestinationSecrets, [environment, [destination], new Date(nowMs)]);
        if (request !== null) {
          const since = new Date(nowMs - limits.rotationAnswerSeconds * 1_000);
          const values = [environment, destination, request, since, new Date(nowMs)];
          const kept = await tx.rows(selectRotated, values);
          if (kept.length > 0) {
            const text = await textIn(sealer, kept);
            if (given !== undefined && !isSame(given, text)) throw new Fault('IDEMPOTENCY_KEY_REUSED');
            return { text, secrets: await inForce() };
          }
        }
        await tx.run(deleteEndedSecrets, [environment, destination, new Date(nowMs)]);
        const kinds = kindsOf(row.settings.signature);
        requireRoom(await inForce(), kinds);
        const made = kinds.map((kind): MadeSecret => {
          if (kind === 'ed25519') return newKeyPair(sealer, clock);
          const text =
            given === undefined ? newSecretText((each) => isUsableSecret(row, each)) : openSecretText(given);
          checkSecretTexts(row, [text]);
          return newSymmetric(sealer, clock, text);
        });
        if (given !== undefined && made.every(({ text }) => text === null))
          throw new Fault('INVALID_REQUEST', {
            fields: [
              { path: 'body.secret', problem: 'is for signatures with a secret; this one has a key pair' },
            ],
          });
        const endsAt = new Date(nowMs + overlapMs);
        for (const each of made) {
          await keepSecret(tx, { environment, destination, made: each, request, clock });
          await tx.run(endDestinationSecrets, [environment, destination, each.kind, each.id, endsAt]);
        }
        await audit.record(tx, environment, {
          action: 'destination.rotated',
          actor,
          resource: `destination:${destination}`,
          outcome: 'success',
          details: { secrets: made.map(({ id }) => id), previousEndAtMs: endsAt.getTime() },
        });
        return { text: made.find(({ text }) => text !== null)?.text ?? null, secrets: await inForce() };
      });
      changed({ environment, destination });
      const ends = result.secrets.flatMap(({ ends_at }) => ends_at?.getTime() ?? []);
      return {
        secret: result.text === null ? null : Secret.fromText(result.text),
        secrets: result.secrets.map(shownSecret),
        previousEndAtMs: ends.length === 0 ? nowMs : Math.max(...ends),
      };
    },
  };
}

function isSame(given: Secret, kept: string | null): boolean {
  return kept !== null && equalBytes(utf8(openSecretText(given)), utf8(kept));
}

async function textIn(sealer: Sealer, rows: readonly SecretRow[]): Promise<string | null> {
  const row = rows.find(({ kind }) => kind === 'symmetric');
  return row === undefined ? null : openText(sealer, row);
}

function requireRoom(rows: readonly SecretRow[], kinds: readonly SecretRow['kind'][]): void {
  for (const kind of kinds)
    if (rows.filter((row) => row.kind === kind).length >= SECRETS_MAX)
      throw new Fault('CONFLICT', {
        detail: `At most ${SECRETS_MAX} secrets of a destination are in force: wait for one to end.`,
      });
}

function overlapMsOf(overlapSeconds: number | undefined, limits: Limits): number {
  const seconds = overlapSeconds ?? limits.secretOverlapSeconds;
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= limits.secretOverlapSecondsMax)
    return seconds * 1_000;
  const problem = `must be a whole number of seconds up to ${limits.secretOverlapSecondsMax}`;
  throw new Fault('INVALID_REQUEST', { fields: [{ path: 'body.overlapSeconds', problem }] });
}
