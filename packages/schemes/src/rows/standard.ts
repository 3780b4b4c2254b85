import type { Scheme, SchemeName } from '../scheme.ts';
import { documentsAlone, FIVE_MINUTES_S, ownPackage, row, typeAt } from './row.ts';

interface StandardFacts {
  readonly title: string;
  readonly prefix: 'webhook' | 'svix';
  readonly type: readonly string[];
  readonly source: string;
  readonly checked: Scheme['checked'];
}

/** Standard Webhooks under the platform's own headers. */
function standard(name: SchemeName, { title, prefix, type, source, checked }: StandardFacts): Scheme {
  return row(name, {
    title,
    headers: { signature: `${prefix}-signature`, id: `${prefix}-id`, timestamp: `${prefix}-timestamp` },
    // `v1a` (Ed25519) may stand beside `v1` in the list and is passed over.
    signature: { kind: 'versioned-list', version: 'v1', separator: ' ', joiner: ',' },
    content: ['id', { literal: '.' }, 'timestamp', { literal: '.' }, 'body'],
    encoding: 'base64',
    timestamp: FIVE_MINUTES_S,
    secret: 'whsec-base64',
    // The id stays the same over the retries of one message while the signed timestamp moves on.
    eventId: { from: 'signed-header' },
    eventType: typeAt(type),
    notCovered: ['the address it was sent to', `every header but ${prefix}-id and ${prefix}-timestamp`],
    source,
    checked,
  });
}

const SPECIFICATION =
  'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md';

const STANDARD = standard('standard-webhooks', {
  title: 'Standard Webhooks',
  prefix: 'webhook',
  type: ['type'],
  source: SPECIFICATION,
  checked: ownPackage('standardwebhooks', 'both'),
});

/** Those that follow the specification of Standard Webhooks, or that it was made from. */
export const STANDARD_ROWS = {
  'standard-webhooks': STANDARD,
  'standard-webhooks-v1a': {
    ...STANDARD,
    name: 'standard-webhooks-v1a',
    title: 'Standard Webhooks (Ed25519)',
    // The other way round: `v1` is passed over. Which of the two counts is configured and not for a message to choose.
    signature: { kind: 'versioned-list', version: 'v1a', separator: ' ', joiner: ',' },
    algorithm: 'ed25519',
    secret: 'whpk-base64',
    keySource: { kind: 'configured', format: 'pem' },
    checked: documentsAlone('its specification; its packages leave v1a out'),
  },
  svix: standard('svix', {
    title: 'Svix',
    prefix: 'svix',
    type: ['type'],
    source: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
    checked: ownPackage('svix', 'both'),
  }),
  payos: standard('payos', {
    title: 'PayOS (payos.money, CrissCross)',
    prefix: 'svix',
    type: ['eventType'],
    source:
      'https://docs.payos.money/core-concepts-webhooks, https://docs.svix.com/receiving/verifying-payloads/how-manual',
    checked: ownPackage('svix, which sends for it', 'both'),
  }),
  lithic: standard('lithic', {
    title: 'Lithic',
    prefix: 'webhook',
    type: ['event_type'],
    source: 'https://docs.lithic.com/docs/events-api',
    checked: ownPackage('lithic'),
  }),
  portone: standard('portone', {
    title: 'PortOne',
    prefix: 'webhook',
    type: ['type'],
    source: 'https://developers.portone.io/opi/ko/integration/webhook/readme-v2',
    checked: ownPackage('@portone/server-sdk'),
  }),
  // These two encode the secret in base64 before they hand it to a package that decodes it: its text is the key.
  increase: {
    ...standard('increase', {
      title: 'Increase',
      prefix: 'webhook',
      type: ['category'],
      source: 'https://increase.com/documentation/webhooks',
      checked: documentsAlone('the source of its package increase'),
    }),
    secret: 'utf8',
  },
  polar: {
    ...standard('polar', {
      title: 'Polar',
      prefix: 'webhook',
      type: ['type'],
      source: 'https://polar.sh/docs/integrate/webhooks/delivery',
      checked: documentsAlone('the source of @polar-sh/sdk'),
    }),
    secret: 'utf8',
  },
} satisfies Readonly<Record<string, Scheme>>;
