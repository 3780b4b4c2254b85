// node:crypto here: Ed25519, which the symmetric schemes of @sallyport/schemes don't have.
import { sign as signEd25519 } from 'node:crypto';
import { parseSecret, sign } from '@sallyport/schemes';
import { type StoredEvent, toBase64, utf8 } from '#base';
import type { HeaderField } from '#outbound';
import type { DestinationInUse, InUse } from './in-use.ts';
import { resign } from './resign.ts';

/**
 * The header fields that sign an event for a destination, as of now and under the event's id, so that a late retry still
 * verifies. Standard Webhooks carries a list: one signature for each secret in force, so that a receiver may change its
 * secret at any moment of an overlap. Platforms' schemes carry one, of the current secret, unless they carry several.
 */
export function signatureFields(
  destination: DestinationInUse,
  { event, nowMs }: { event: StoredEvent; nowMs: number },
): readonly HeaderField[] {
  const { body, id, platform } = event;
  const secrets = inForce(destination.secrets, nowMs);
  if (destination.settings.signature === 'platform') {
    const { url, settings } = destination;
    return resign({ platform, secrets, body, id, nowMs, url, parameters: settings.parameters });
  }
  const seconds = String(Math.floor(nowMs / 1_000));
  const signatures = [
    ...secrets.map((text) => symmetric(text, { id, body, nowMs })),
    ...inForce(destination.privateKeys, nowMs).map((key) => {
      const content = Buffer.concat([utf8(`${id}.${seconds}.`), body]);
      return `v1a,${toBase64(signEd25519(null, content, key))}`;
    }),
  ];
  return [
    ['webhook-id', id],
    ['webhook-timestamp', seconds],
    ['webhook-signature', signatures.join(' ')],
  ];
}

function symmetric(text: string, message: { id: string; body: Uint8Array; nowMs: number }): string {
  const fields = sign({
    scheme: 'standard-webhooks',
    secret: parseSecret('standard-webhooks', text),
    ...message,
  });
  const signature = fields.find(([name]) => name === 'webhook-signature')?.[1];
  if (signature === undefined) throw new TypeError('delivery: a signature without its field');
  return signature;
}

function inForce<Value>(secrets: readonly InUse<Value>[], nowMs: number): Value[] {
  return secrets.filter(({ endsAtMs }) => endsAtMs === null || endsAtMs > nowMs).map(({ value }) => value);
}
