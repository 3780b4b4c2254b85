import {
  type AddressRanges,
  type Clock,
  createRanges,
  type EnvironmentId,
  Fault,
  type KeyId,
  type Limits,
  toHex,
  utf8,
} from '#base';
import type { Keyring } from '#keyring';
import { EVERYTHING, type Store } from '#store';
import { parseCredentialText } from './credential-text.ts';
import { type HolderRow, selectKeyHolder, selectSignedHolder, selectTokenHolder } from './queries.ts';
import type { Signer } from './signers.ts';

export interface HolderPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly limits: Limits;
  readonly clock: Clock;
  /** What requests of a key can be signed with. */
  readonly signersOf: (key: { environment: EnvironmentId; key: KeyId }) => Promise<readonly Signer[]>;
}

/** Who holds a credential, ready to be judged. */
export interface Holder extends HolderRow {
  /** From where it may be used; `null` means from anywhere. */
  readonly ranges: AddressRanges | null;
  /** For a key that a signed request names. */
  readonly signers: readonly Signer[];
}

/** Finds who holds a credential. */
export interface Holders {
  /** The key behind a key's or bearer token's text; `null` when nobody holds it. Throws `KEY_MALFORMED`, `SESSION_REFUSED`. */
  find(
    credential: string,
    /** Called when the answer is not in memory, and the database is about to be asked. */
    beforeAsking?: () => Promise<void>,
  ): Promise<{ via: 'key' | 'bearer'; holder: Holder | null }>;
  /** The key that a signed request names. */
  named(key: KeyId): Promise<Holder | null>;
  /** A key was changed here: from now on no answer of this node, also one under way, shows it as it was. */
  changed(key: KeyId): void;
  stop(): void;
}

const SUBJECT = 'key:';
const CHANGED_MAX = 10_000;

interface Question {
  readonly answer: Promise<Holder | null>;
  readonly askedAtMs: number;
}

/**
 * Remembers holders until the change feed names their key, and uses what it remembers only while the feed can vouch
 * for it: a revocation on any node is in force here within `changesSilentMs` as a hard bound, and the database is asked
 * when the feed is silent. Unknown credentials are not remembered, so that a flood of them can't push the known ones out.
 */
export function createHolders({ store, keyring, limits, clock, signersOf }: HolderPorts): Holders {
  const { changes } = store;
  const known = new Map<string, Holder>();
  const namesOf = new Map<KeyId, Set<string>>();
  const questions = new Map<string, Question>();
  // What an answer under way must not put back: the number of the last change of each key, and of all.
  const changedAt = new Map<KeyId, number>();
  let changeCount = 0;
  let allChangedAt = 0;

  const ask = async (name: string): Promise<Holder | null> => {
    const [kind, given = ''] = name.split(' ');
    const row = await store.system((tx) => {
      if (kind === 'named') return tx.row(selectSignedHolder, [given]);
      const digests = given.split(',').map((digest) => Buffer.from(digest, 'hex'));
      return tx.row(kind === 'bearer' ? selectTokenHolder : selectKeyHolder, [digests]);
    });
    if (row === null) return null;
    const ranges = row.allowed_addresses.length === 0 ? null : createRanges(row.allowed_addresses);
    const place = { environment: row.environment_id, key: row.key_id };
    return { ...row, ranges, signers: kind === 'named' ? await signersOf(place) : [] };
  };

  const forget = (key: KeyId): void => {
    for (const name of namesOf.get(key) ?? []) known.delete(name);
    namesOf.delete(key);
  };

  const remember = (name: string, holder: Holder): void => {
    known.set(name, holder);
    const names = namesOf.get(holder.key_id);
    if (names === undefined) namesOf.set(holder.key_id, new Set([name]));
    else names.add(name);
    if (known.size <= limits.keyCacheItemsMax) return;
    const oldest = known.entries().next();
    if (oldest.done === true) return;
    const [oldName, { key_id: oldKey }] = oldest.value;
    known.delete(oldName);
    const others = namesOf.get(oldKey);
    others?.delete(oldName);
    if (others?.size === 0) namesOf.delete(oldKey);
  };

  const put = (name: string): Promise<Holder | null> => {
    const askedAt = changeCount;
    const answer: Promise<Holder | null> = ask(name)
      .then((holder) => {
        if (holder === null) return null;
        const changed = Math.max(changedAt.get(holder.key_id) ?? 0, allChangedAt);
        if (changed <= askedAt) remember(name, holder);
        return holder;
      })
      .finally(() => {
        if (questions.get(name)?.answer === answer) questions.delete(name);
      });
    questions.set(name, { answer, askedAtMs: clock.monotonic() });
    return answer;
  };

  const remembered = (name: string): Holder | null => (changes.isFresh() ? (known.get(name) ?? null) : null);

  const get = (name: string): Promise<Holder | null> | Holder => {
    const hit = remembered(name);
    if (hit !== null) return hit;
    const question = questions.get(name);
    // An answer may tell of the moment its question was put: who asks later than that bound asks anew.
    const isRecent =
      question !== undefined && clock.monotonic() - question.askedAtMs < limits.changesSilentMs;
    return isRecent ? question.answer : put(name);
  };

  const changed = (key: KeyId): void => {
    changeCount += 1;
    changedAt.set(key, changeCount);
    forget(key);
    questions.clear();
    if (changedAt.size <= CHANGED_MAX) return;
    changedAt.clear();
    allChangedAt = changeCount;
  };

  const unfollow = changes.follow((subject) => {
    if (subject === EVERYTHING) {
      changeCount += 1;
      allChangedAt = changeCount;
      known.clear();
      namesOf.clear();
      questions.clear();
    } else if (subject.startsWith(SUBJECT)) changed(`key_${subject.slice(SUBJECT.length + 'key_'.length)}`);
  });

  return {
    async find(credential, beforeAsking) {
      const kind = parseCredentialText(credential);
      if (kind === null || kind === 'signing') throw new Fault('KEY_MALFORMED');
      if (kind === 'session') throw new Fault('SESSION_REFUSED');
      const via = kind === 'bearer' ? 'bearer' : 'key';
      const pepper = await keyring.pepper();
      // Digests under each pepper version, joined: what is remembered is no credential.
      const bytes = utf8(credential);
      const [newest = 0, ...older] = pepper.versions;
      let name = `${via} ${toHex(pepper.digest(newest, bytes))}`;
      for (const version of older) name += `,${toHex(pepper.digest(version, bytes))}`;
      const hit = remembered(name);
      if (hit !== null) return { via, holder: hit };
      await beforeAsking?.();
      return { via, holder: await get(name) };
    },
    named: async (key) => get(`named ${key}`),
    changed,
    stop: unfollow,
  };
}

/** What is announced when a key was changed. */
export function subjectOf(key: KeyId): string {
  return `${SUBJECT}${key}`;
}
