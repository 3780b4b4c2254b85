import { schemeFault } from '../fault.ts';
import { frozen } from '../frozen.ts';
import type { RequestScheme, RequestSchemeName } from './request-scheme.ts';

const SECONDS = { unit: 'seconds', toleranceSeconds: 300 } as const;
const MAC = ['hmac-sha256'] as const;
const OPEN = [
  'the host it was sent to',
  'every header, the key id included',
  'whether two equal requests within one second are one or two',
] as const;

/**
 * Every scheme of request signatures, by name: a null-prototype object, frozen all the way down. Beside MintMove's
 * stand its near relatives, and the standard. Orda's, which signs the body alone, is left out: neither method nor
 * path nor time is in it, so at a door it would admit any request with a body that was ever seen.
 *
 * @example
 * REQUEST_SCHEMES.mintmove.headers; // { kind: 'separate', keyId: 'X-API-KEY', … }
 */
export const REQUEST_SCHEMES: Readonly<Record<RequestSchemeName, RequestScheme>> = frozen<
  Record<RequestSchemeName, RequestScheme>
>({
  mintmove: {
    kind: 'concatenated',
    name: 'mintmove',
    headers: {
      kind: 'separate',
      keyId: 'X-API-KEY',
      signature: 'X-API-SIGN',
      timestamp: 'X-API-TIMESTAMP',
    },
    content: ['method', 'target', 'body', 'timestamp'],
    separator: '',
    algorithms: MAC,
    encoding: 'hex',
    timestamp: SECONDS,
    notCovered: OPEN,
    source: 'https://www.mintmove.io/docs/authentication, https://www.mintmove.io/docs/security',
  },
  orangebit: {
    kind: 'concatenated',
    name: 'orangebit',
    headers: { kind: 'separate', keyId: 'API-KEY', signature: 'API-SIGN', timestamp: 'API-TIMESTAMP' },
    content: ['timestamp', 'method', 'target', 'body'],
    separator: '',
    algorithms: MAC,
    encoding: 'base64',
    // "Seconds (or milliseconds, depending on spec)"; its own example sends seconds. No window is published.
    timestamp: SECONDS,
    notCovered: OPEN,
    source:
      'https://docs.orangebit.com/api-reference/authentication, ' +
      'https://docs.orangebit.com/api-reference/signing-and-pseudocode',
  },
  unicyfalcon: {
    kind: 'concatenated',
    name: 'unicyfalcon',
    headers: { kind: 'separate', keyId: 'X-API-Key', signature: 'X-Signature', timestamp: 'X-Timestamp' },
    content: ['method', 'target', 'body', 'timestamp'],
    separator: '|',
    algorithms: MAC,
    encoding: 'base64',
    timestamp: SECONDS,
    // Whether a query belongs to its "full URI path" is not said; here it does, as with the others.
    notCovered: OPEN,
    source: 'https://docs.unicyfalcon.com/authentication',
  },
  variznow: {
    kind: 'concatenated',
    name: 'variznow',
    headers: { kind: 'separate', keyId: 'X-Api-Key', signature: 'X-Signature', timestamp: 'X-Timestamp' },
    content: ['timestamp', 'method', 'target', 'body'],
    separator: '\n',
    algorithms: MAC,
    // Neither encoding nor unit is published; hex and seconds are our choice.
    encoding: 'hex',
    timestamp: SECONDS,
    notCovered: OPEN,
    source: 'https://variznow.ir/lang?lang=en&redirect=%2Fblog%2Fapi-hmac-guide',
  },
  voluti: {
    kind: 'concatenated',
    name: 'voluti',
    headers: { kind: 'joined', name: 'Authorization' },
    // Its "nonce" is the time in milliseconds, by its own code; one sample value on the same page is in seconds.
    content: ['timestamp', 'method', 'target', 'body'],
    separator: '',
    algorithms: MAC,
    encoding: 'hex',
    timestamp: { unit: 'milliseconds', toleranceSeconds: 300 },
    notCovered: ['the host it was sent to', 'every header, the key id included'],
    source:
      'https://voluti-spei.readme.io/reference/authentication-1, ' +
      'https://voluti-spei.readme.io/reference/get-started',
  },
  rfc9421: {
    kind: 'message-signature',
    name: 'rfc9421',
    headers: { input: 'Signature-Input', signature: 'Signature', digest: 'Content-Digest' },
    label: 'sallyport',
    tag: 'sallyport',
    covered: ['@method', '@target-uri', 'content-digest'],
    // What a body means, and whether a payment is a repetition, must not be anybody's on the way to decide.
    coveredIfPresent: ['content-type', 'content-encoding', 'idempotency-key'],
    algorithms: ['hmac-sha256', 'ed25519', 'ml-dsa-65'],
    timestamp: SECONDS,
    lifetimeSecondsMax: 600,
    notCovered: ['every header that it does not name'],
    source: 'https://www.rfc-editor.org/rfc/rfc9421, https://www.rfc-editor.org/rfc/rfc9530',
  },
});

/** The row of that name; a name that isn't in the table is a fault of the configuration. */
export function requestSchemeNamed(name: RequestSchemeName): RequestScheme {
  const scheme: RequestScheme | undefined = REQUEST_SCHEMES[name];
  if (scheme === undefined) throw schemeFault('SCHEME_UNKNOWN');
  return scheme;
}
