import {
  type Actor,
  type AuditPort,
  type Clock,
  type ConnectionId,
  type EnvironmentId,
  Fault,
  type FaultCode,
  type Limits,
  type Log,
  toFault,
} from '#base';
import { mayHaveBeenSent, type Outbound, type OutboundAnswer } from '#outbound';
import { checkedBody } from './checked-body.ts';
import type { Credentials, OpenConnection } from './credentials.ts';
import { answerOf, type Ending, type ForwardAnswer } from './forward-answer.ts';
import { type ForwardBody, forwardBodyOf } from './forward-body.ts';
import { isRefusedPath } from './refused-path.ts';
import type { PlatformToken, Tokens } from './tokens.ts';

/** A call as the application made it. */
export interface ForwardCall {
  readonly environment: EnvironmentId;
  readonly connection: ConnectionId;
  readonly method: string;
  /** Raw path and query, without `/out/{connection}`. */
  readonly target: string;
  /** As received; only those the profile names pass. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: AsyncIterable<Uint8Array> | null;
  readonly bodyBytes: number | null;
  readonly actor: Actor;
}

export interface ForwardPorts {
  readonly credentials: Credentials;
  readonly tokens: Tokens;
  readonly outbound: Outbound;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Forwards one call under the platform's credential. The log holds the intent before anything is sent, and the outcome
 * before the answer has ended. On a 401 the token is renewed and the call repeated once, if its body can be; nothing
 * else is ever repeated.
 *
 * Throws `CONNECTION_NOT_FOUND`, `HOST_NOT_ALLOWED`, `PATH_NOT_FORWARDED`, `AMBIGUOUS_PATH`, what {@link checkedBody} throws,
 * `PLATFORM_CREDENTIAL_REFUSED`, `BODY_TOO_LARGE`, `LENGTH_MISMATCH`, `AUDIT_UNAVAILABLE`, `BUSY` and `OUTBOUND_*`.
 */
export async function forward(ports: ForwardPorts, call: ForwardCall): Promise<ForwardAnswer> {
  const { clock, limits } = ports;
  const { connection, checked } = await admitted(ports, call);
  const progress: Progress = {
    platform: connection.platform.name,
    startedAtMs: clock.monotonic(),
    sent: false,
  };
  await note(ports, call, { action: 'call.started', outcome: 'intent' });
  try {
    const body = checked ?? (await forwardBodyOf(call, limits));
    const { answer, needles } = await exchange(ports, { call, connection, body, progress });
    const finish = (ending: Ending): Promise<void> =>
      finished(ports, { call, progress, ending: { status: answer.status, ...ending } });
    return await answerOf({
      answer,
      responseHeaders: connection.platform.responseHeaders,
      needles,
      finish,
      limits,
    });
  } catch (thrown) {
    const fault = toFault(thrown);
    // The caller must learn what happened to the call; that it could not be written down is told in the logger's lines.
    await finished(ports, { call, progress, ending: { code: fault.code } }).catch(() => undefined);
    throw fault;
  }
}

interface Admitted {
  readonly connection: OpenConnection;
  /** The body, when it had to be read to be checked. */
  readonly checked: ForwardBody | null;
}

/** The connection, when the call may be made at all. What is refused is in the log before the caller hears of it. */
async function admitted(ports: ForwardPorts, call: ForwardCall): Promise<Admitted> {
  try {
    const connection = await ports.credentials.open(call.environment, call.connection);
    if (isRefusedPath(call.target, connection.platform.refusedPaths)) throw new Fault('PATH_NOT_FORWARDED');
    return { connection, checked: await checkedBody(call, { connection, limits: ports.limits }) };
  } catch (thrown) {
    const { code } = toFault(thrown);
    if (REFUSALS.has(code)) await note(ports, call, { action: 'call.refused', outcome: 'refused', code });
    throw thrown;
  }
}

const REFUSALS: ReadonlySet<FaultCode> = new Set([
  'CONNECTION_NOT_FOUND',
  'HOST_NOT_ALLOWED',
  'PATH_NOT_FORWARDED',
  'AMBIGUOUS_PATH',
  'REQUEST_SCHEMA',
  'UNSUPPORTED_MEDIA_TYPE',
  'MALFORMED_BODY',
  'BODY_TOO_LARGE',
]);

/** What is known of a call while it is under way. */
interface Progress {
  readonly platform: string;
  readonly startedAtMs: number;
  /** Whether the platform may have seen any of it. */
  sent: boolean;
}

interface Exchange {
  readonly call: ForwardCall;
  readonly connection: OpenConnection;
  readonly body: ForwardBody;
  readonly progress: Progress;
}

/** The platform's answer, and every form of the secrets that were used to get it. */
async function exchange(
  ports: ForwardPorts,
  { call, connection, body, progress }: Exchange,
): Promise<{ answer: OutboundAnswer; needles: readonly Buffer[] }> {
  const { credentials, tokens } = ports;
  const token = await tokens.get(connection);
  const answer = await send(ports, { call, connection, token, body, progress });
  if (answer.status !== 401) return { answer, needles: [...connection.needles, ...token.needles] };
  await answer.discard();
  // The credential may just have been replaced: what is remembered of it is not good enough here.
  credentials.forget(call.environment, call.connection);
  const current = await credentials.open(call.environment, call.connection);
  const renewed = await tokens.get(current, token);
  if (!body.repeatable) {
    throw new Fault('BUSY', {
      detail: 'The platform refused the token before it did anything; there is a new one now.',
      retryAfterSeconds: 1,
    });
  }
  const again = await send(ports, { call, connection: current, token: renewed, body, progress });
  if (again.status === 401) {
    await again.discard();
    tokens.refuse(current);
    throw new Fault('PLATFORM_CREDENTIAL_REFUSED', { detail: 'The platform refused a new token.' });
  }
  const used = [connection, token, current, renewed];
  return { answer: again, needles: used.flatMap(({ needles }) => needles) };
}

interface Sending extends Exchange {
  readonly token: PlatformToken;
}

async function send(ports: ForwardPorts, sending: Sending): Promise<OutboundAnswer> {
  const { call, connection, token, body, progress } = sending;
  try {
    const answer = await ports.outbound.call({
      origin: connection.baseUrl,
      target: call.target,
      method: call.method,
      headers: [...passing(call.headers, connection), ['authorization', `Bearer ${token.text}`]],
      body: body.content,
      bodyBytes: call.bodyBytes,
      pool: connection.id,
    });
    progress.sent = true;
    return answer;
  } catch (thrown) {
    progress.sent ||= mayHaveBeenSent(thrown);
    throw thrown;
  }
}

/** The caller's headers that the profile lets through, less those that were for the hop to us alone. */
function passing(headers: ForwardCall['headers'], { platform }: OpenConnection): [string, string][] {
  const lower = headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const hop = new Set(
    lower.flatMap(([name, value]) => (name === 'connection' ? value.toLowerCase().split(/[ ,\t]+/) : [])),
  );
  return lower.filter(([name]) => platform.requestHeaders.includes(name) && !hop.has(name));
}

interface Finished {
  readonly call: ForwardCall;
  readonly progress: Progress;
  readonly ending: Ending & { readonly status?: number };
}

async function finished(ports: ForwardPorts, { call, progress, ending }: Finished): Promise<void> {
  const durationMs = Math.round(ports.clock.monotonic() - progress.startedAtMs);
  const { platform, sent } = progress;
  const { connection, method } = call;
  ports.log.info('call forwarded', { connection, platform, method, durationMs, ...ending });
  const outcome = ending.code === undefined ? 'success' : 'failure';
  try {
    await note(ports, call, { action: 'call.finished', outcome, durationMs, sent, ...ending });
  } catch (error) {
    ports.log.error('the outcome of a call could not be recorded', { connection, method, error });
    throw error;
  }
}

interface ActFacts {
  readonly action: 'call.started' | 'call.finished' | 'call.refused';
  readonly outcome: 'intent' | 'success' | 'failure' | 'refused';
  readonly status?: number;
  readonly code?: FaultCode;
  readonly sent?: boolean;
  readonly durationMs?: number;
}

function note(
  { audit }: ForwardPorts,
  call: ForwardCall,
  { action, outcome, ...facts }: ActFacts,
): Promise<void> {
  const { environment, connection, method, actor } = call;
  const act = { action, outcome, actor, resource: `connection:${connection}`, details: { method, ...facts } };
  return audit.note(environment, action === 'call.refused' ? act : { ...act, listedAs: 'calls' });
}
