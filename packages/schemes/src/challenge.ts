import { readHeader } from './header.ts';
import { LIMITS } from './limits.ts';
import { computeMac } from './mac.ts';
import { CHALLENGE } from './read-form.ts';
import type { Acknowledgement, Scheme, SchemeName } from './scheme.ts';
import { schemeOf } from './schemes.ts';
import { isUsable, type SchemeSecret } from './secret.ts';

/**
 * The answer to what a platform asks before it sends anything, or `null` when this is no such question. What is
 * echoed is short visible ASCII: answer it as the content type says, and let nothing guess another.
 *
 * @example
 * answerChallenge({ scheme: 'worldline', method: 'GET', target: '/in/…', rawHeaders, secrets: [] });
 */
export function answerChallenge(input: ChallengeInput): Acknowledgement | null {
  const { challenge } = schemeOf(input.scheme);
  if (challenge === null || challenge.method !== input.method) return null;
  switch (challenge.kind) {
    case 'empty':
      return { status: 200, contentType: null, body: '' };
    case 'echo-header': {
      const header = readHeader(input.rawHeaders, challenge.header);
      return header.kind === 'present' && isEchoable(header.value) ? plain(header.value) : null;
    }
    case 'mac-of-query': {
      const asked = new URLSearchParams(input.target.split('?')[1] ?? '').getAll(challenge.query);
      const [value] = asked;
      const named = input.parameters?.[challenge.parameter];
      const secret = input.secrets.find(({ bytes }) => isUsable(bytes));
      // Its package answers nothing else: a MAC over anything a stranger likes would sign messages for him.
      if (asked.length !== 1 || value === undefined || !CHALLENGE.test(value)) return null;
      if (named === undefined || secret === undefined) return null;
      const mac = computeMac({ algorithm: 'hmac-sha1', secret: secret.bytes, chunks: [value] });
      return plain(`${named}|${Buffer.from(mac).toString('hex')}`);
    }
  }
}

export interface ChallengeInput {
  readonly scheme: SchemeName | Scheme;
  readonly method: string;
  /** The target of the request as received. */
  readonly target: string;
  readonly rawHeaders: readonly string[];
  /** The current one first. */
  readonly secrets: readonly SchemeSecret[];
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

function plain(body: string): Acknowledgement {
  return { status: 200, contentType: 'text/plain', body };
}

function isEchoable(text: string): boolean {
  return text.length <= LIMITS.challengeCharactersMax && /^[A-Za-z0-9._:+/=-]+$/.test(text);
}
