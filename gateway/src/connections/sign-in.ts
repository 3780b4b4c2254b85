import { Fault, type Limits, textOf, utf8 } from '#base';
import type { Outbound, OutboundAnswer } from '#outbound';
import { textAt } from '#platforms';
import type { OpenConnection } from './credentials.ts';

export interface SignInPorts {
  readonly outbound: Outbound;
  readonly limits: Limits;
}

/**
 * Signs in at the platform with a connection's credential and gives the bearer token.
 *
 * Throws `PLATFORM_CREDENTIAL_REFUSED` when the platform says no, `OUTBOUND_*` when it can't be reached or understood.
 * Nothing of the answer enters a fault: a platform may echo what it was sent.
 */
export async function signIn({ outbound, limits }: SignInPorts, connection: OpenConnection): Promise<string> {
  const { platform, credential, baseUrl, id } = connection;
  const { method, path, bearer, body, token, refusedStatuses } = platform.signIn;
  const given = bearer === null ? null : (credential[bearer] ?? '');
  const fields = Object.entries(body).map(([field, source]) => [field, credential[source]]);
  const answer = await outbound.call({
    origin: baseUrl,
    target: path,
    method,
    headers: [
      ['accept', 'application/json'],
      given === null ? ['content-type', 'application/json'] : ['authorization', `Bearer ${given}`],
    ],
    body: given === null ? utf8(JSON.stringify(Object.fromEntries(fields))) : null,
    pool: id,
  });
  if (refusedStatuses.includes(answer.status)) {
    await answer.discard();
    throw new Fault('PLATFORM_CREDENTIAL_REFUSED', {
      detail: `${platform.title} answered sign-in with ${answer.status}.`,
    });
  }
  if (answer.status < 200 || answer.status > 299) {
    await answer.discard();
    throw new Fault('OUTBOUND_RESPONSE_INVALID', {
      detail: `${platform.title} answered sign-in with ${answer.status}.`,
      ...retryAfterOf(answer),
    });
  }
  if (given !== null) {
    await answer.discard();
    return given;
  }
  const text = textAt(jsonOf(await answer.bytes(limits.tokenAnswerBytesMax)), token);
  // The token goes into a header: nothing but visible characters may.
  if (text === null || !/^[\x21-\x7e]{8,16384}$/.test(text)) {
    throw new Fault('OUTBOUND_RESPONSE_INVALID', { detail: `${platform.title} gave no token.` });
  }
  return text;
}

/** What a platform that limits sign-ins asks for, as far as it is a number of seconds. */
function retryAfterOf({ headers }: OutboundAnswer): { retryAfterSeconds?: number } {
  const value = headers.find(([name]) => name === 'retry-after')?.[1] ?? '';
  return /^\d{1,5}$/.test(value) ? { retryAfterSeconds: Number(value) } : {};
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return null;
  }
}
