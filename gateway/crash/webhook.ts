// node:crypto here: the digest of a body, by which the campaign recognises it again.
import { hash } from 'node:crypto';

/** A webhook of the campaign: its bytes follow from the seed and its number alone, so that anyone can tell what it was. */
export interface CampaignWebhook {
  readonly number: number;
  readonly body: Uint8Array;
  /** SHA-256 of the body, hexadecimal; no two webhooks of a campaign have the same. */
  readonly digest: string;
}

/** Every so many: without an id (its digest tells duplicates then), not UTF-8, and large. */
const WITHOUT_ID = 7;
const NOT_UTF8 = 11;
const LARGE = 53;
const LARGE_BYTES = 60_000;

/**
 * Makes a webhook.
 *
 * @example const { body } = campaignWebhook('seed', 12);
 */
export function campaignWebhook(seed: string, number: number): CampaignWebhook {
  const id = number % WITHOUT_ID === 0 ? '' : `"id":"${seed}-${number}",`;
  const filler = 'x'.repeat(number % LARGE === 0 ? LARGE_BYTES : (number * 37) % 1_500);
  const text = `{${id}"type":"order.paid","data":{"order":"${seed}/${number}","amount":1.0,"filler":"${filler}"}}`;
  const tail = number % NOT_UTF8 === 0 ? [0xff, 0xfe, 0x00] : [];
  const body = Buffer.concat([Buffer.from(text), Buffer.from(tail)]);
  return { number, body, digest: hash('sha256', body, 'hex') };
}

/** An event of the application's own, under a key by which its repetitions are known. */
export interface OwnEvent {
  readonly body: string;
  readonly digest: string;
  readonly requestKey: string;
}

/** Makes an own event; its bytes follow from the seed and its number. */
export function campaignOwnEvent(seed: string, number: number): OwnEvent {
  const body = JSON.stringify({ type: 'invoice.sent', data: { invoice: `${seed}/${number}` } });
  return { body, digest: hash('sha256', body, 'hex'), requestKey: `${seed}-own-${number}` };
}
