import type { EventId } from '../gateway/src/base/index.ts';
import { resignProblem } from '../gateway/src/delivery/resign.ts';
import { type SignedFor, signatureFields } from '../gateway/src/delivery/signing.ts';
import type { Adapter } from './adapters/adapter.ts';
import { askToVerify, joinedHeaders } from './ask.ts';
import { NOW_MS } from './model/model.ts';
import { modelOf } from './model/models.ts';
import { withWords } from './words.ts';

/** A delivery as a gateway signs it in a platform's scheme, and which of the secrets the platform's package takes it under. */
export interface DeliveredMessage {
  readonly what: string;
  readonly id: string;
  readonly nowMs: number;
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Those in force, the current one first. */
  readonly secrets: readonly string[];
  readonly bodyBase64: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly takenUnder: { readonly current: boolean; readonly before: boolean; readonly strange: boolean };
}

const EVENT = 'evt_01khq3ts6mzrmbgcn4jj2nmgds' as EventId;
/** A destination has an address, also where its scheme doesn't sign it. */
const APPLICATION = 'https://shop.example/webhooks';
const DAY_MS = 86_400_000;
const WORDS = 'Peña Öztürk – 支払い 💶';

/**
 * What a gateway sends to an application that was written against this package, signed with secrets of ours: at once, during a
 * rotation, and three days later, when the retry is signed afresh. Nothing for a scheme that can't be signed again.
 */
export async function deliveriesOf(adapter: Adapter): Promise<DeliveredMessage[]> {
  const model = modelOf(adapter.scheme);
  if (model === null) return [];
  const { keys, parameters } = model;
  const url = model.url ?? APPLICATION;
  const [current, before] = [keys.current.text, keys.older.text];
  const standard = adapter.scheme === 'standard-webhooks';
  const given = { platform: adapter.scheme, secrets: [current], url, parameters };
  if (!standard && resignProblem(given) !== null) return [];
  const body = Buffer.from(withWords(model.body.toString(), WORDS));
  const made: DeliveredMessage[] = [];
  for (const { what, secrets, nowMs } of [
    { what: 'at once', secrets: [current], nowMs: NOW_MS },
    { what: 'during a rotation', secrets: [current, before], nowMs: NOW_MS },
    { what: 'three days late', secrets: [current], nowMs: NOW_MS + 3 * DAY_MS },
  ]) {
    const destination: SignedFor = {
      url,
      settings: { signature: standard ? 'standard-webhooks' : 'platform', parameters },
      secrets: secrets.map((value) => ({ value, endsAtMs: null })),
      privateKeys: [],
    };
    const headers = signatureFields(destination, {
      event: { id: EVENT, platform: adapter.scheme, body },
      nowMs,
    });
    const message = { headers: joinedHeaders(headers), body, url, target: model.target ?? '', parameters };
    const takes = (secret: string): Promise<boolean> =>
      askToVerify(adapter, { message: { ...message, secret }, nowMs });
    const takenUnder = {
      current: await takes(current),
      before: await takes(before),
      strange: await takes(keys.stranger.text),
    };
    const sent = { secrets, bodyBase64: body.toString('base64'), headers, takenUnder };
    made.push({ what, id: EVENT, nowMs, url, parameters, ...sent });
  }
  return made;
}
