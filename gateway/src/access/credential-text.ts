import { crc32 } from 'node:zlib';
import { randomBytes } from '#base';

/** Every kind of credential we issue and its prefix. The tag `syp` keeps a leak attributed rightly. */
export const CREDENTIAL_PREFIXES = Object.freeze({
  test: 'sk_test_syp_',
  live: 'sk_live_syp_',
  admin: 'sk_admin_syp_',
  bearer: 'sat_syp_',
  // A person's, once there are persons: told apart already, so that none ever works where it doesn't belong.
  session: 'ses_syp_',
  // Signs requests, and is never sent.
  signing: 'sgk_syp_',
} as const);

export type CredentialKind = keyof typeof CREDENTIAL_PREFIXES;

const KINDS: readonly CredentialKind[] = ['test', 'live', 'admin', 'bearer', 'session', 'signing'];

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_CHARACTERS = 32; // 190 bits
const CHECKSUM_CHARACTERS = 6; // CRC-32 in base 62
const TAIL = /^[0-9A-Za-z]{38}$/;

/** Makes the text of a credential: prefix, 32 random characters, 6 characters of checksum over what precedes. */
export function newCredentialText(kind: CredentialKind): string {
  const head = CREDENTIAL_PREFIXES[kind] + randomCharacters(RANDOM_CHARACTERS);
  return head + checksum(head);
}

/**
 * The kind of a credential's text, or `null` when it is not one of ours. Parsed from the right, exactly;
 * the checksum keeps rubbish away from any look-up and lets scanners recognise a real one.
 */
export function parseCredentialText(text: string): CredentialKind | null {
  const cut = text.length - RANDOM_CHARACTERS - CHECKSUM_CHARACTERS;
  if (cut <= 0 || !TAIL.test(text.slice(cut))) return null;
  const prefix = text.slice(0, cut);
  const kind = KINDS.find((name) => CREDENTIAL_PREFIXES[name] === prefix);
  const head = text.slice(0, -CHECKSUM_CHARACTERS);
  return kind !== undefined && text.endsWith(checksum(head)) ? kind : null;
}

function checksum(head: string): string {
  let value = crc32(head);
  let text = '';
  for (let at = 0; at < CHECKSUM_CHARACTERS; at++) {
    text = (ALPHABET[value % 62] ?? '') + text;
    value = Math.floor(value / 62);
  }
  return text;
}

function randomCharacters(count: number): string {
  let text = '';
  while (text.length < count) {
    // 248 is the largest multiple of 62 in a byte: values above it would favour the first characters.
    for (const byte of randomBytes(count)) if (byte < 248 && text.length < count) text += ALPHABET[byte % 62];
  }
  return text;
}
