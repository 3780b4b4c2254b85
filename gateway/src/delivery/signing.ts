import { parseSecret, type SchemeName, sign } from '@sallyport/schemes';
import type { StoredEvent } from '#base';
import type { HeaderField } from '#outbound';
import type { DestinationInUse, InUse } from './in-use.ts';
import { resign } from './resign.ts';
import type { Settings } from './settings.ts';

/** What of a destination its signatures depend on. */
export interface SignedFor extends Pick<DestinationInUse, 'url' | 'secrets' | 'privateKeys'> {
  readonly settings: Pick<Settings, 'signature' | 'parameters'>;
}

/**
 * The header fields that sign an event for a destination, as of now and under the event's id, so that a late retry still
 * verifies. Standard Webhooks carries a list: one signature for each secret in force, so that a receiver may change its
 * secret at any moment of an overlap. Platforms' schemes carry one, of the current secret, unless they carry several.
 */
export function signatureFields(
  destination: SignedFor,
  { event, nowMs }: { event: Pick<StoredEvent, 'body' | 'id' | 'platform'>; nowMs: number },
): readonly HeaderField[] {
  const { body, id, platform } = event;
  const { url, settings } = destination;
  const secrets = inForce(destination.secrets, nowMs);
  if (settings.signature === 'platform')
    return resign({ platform, secrets, body, id, nowMs, url, parameters: settings.parameters });
  const message = { body, id, nowMs };
  const fields = new Map<string, string>();
  const add = (scheme: SchemeName, keys: readonly Uint8Array[]): void => {
    if (keys.length === 0) return;
    for (const [name, value] of sign({ scheme, secrets: keys, ...message }).headers) {
      const before = name === 'webhook-signature' ? fields.get(name) : undefined;
      fields.set(name, before === undefined ? value : `${before} ${value}`);
    }
  };
  add(
    'standard-webhooks',
    secrets.map((text) => parseSecret('standard-webhooks', text)),
  );
  add('standard-webhooks-v1a', inForce(destination.privateKeys, nowMs));
  // Nothing goes out unsigned, whatever a row says.
  if (fields.size === 0) throw new TypeError('delivery: a destination without a secret in force');
  return [...fields];
}

function inForce<Value>(secrets: readonly InUse<Value>[], nowMs: number): Value[] {
  return secrets.filter(({ endsAtMs }) => endsAtMs === null || endsAtMs > nowMs).map(({ value }) => value);
}
