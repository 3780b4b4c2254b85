import { Fault, LIMITS, type Limits } from '#base';
import { type ClientIdentity, parseOrigin, readClientIdentity } from '#outbound';
import type { DestinationRow } from './destination-queries.ts';
import type { Filter, OrderBy } from './filter.ts';
import { checkHeaders, checkPassed } from './header-names.ts';
import { resignProblem } from './resign.ts';
import type { Settings, Signature } from './settings.ts';

/** What can be said of a destination when it is made, and changed later; `null` takes something back. */
export interface DestinationFields {
  /** Where to push to; an `https://` address. */
  readonly url?: string | undefined;
  readonly filter?: Filter | undefined;
  readonly orderBy?: OrderBy | null | undefined;
  readonly signature?: Signature | undefined;
  /** What some platforms' schemes sign besides the body, when deliveries are signed as the platform does. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** One attempt; the limit `deliveryTimeoutMs` when `null`. */
  readonly timeoutMs?: number | null | undefined;
  /** Attempts under way at once on one node. */
  readonly concurrency?: number | null | undefined;
  /** Attempts in a second from one node. */
  readonly ratePerSecond?: number | null | undefined;
  /** Between attempts; one more attempt than there are. */
  readonly scheduleSeconds?: readonly number[] | null | undefined;
  readonly passHeaders?: readonly string[] | undefined;
  /** Header fields of its own; sealed and never shown. Replaces those before. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly clientCertificate?: { readonly certificate: string; readonly key: string } | null | undefined;
}

export type Kept = Pick<
  DestinationRow,
  | 'kind'
  | 'url'
  | 'platforms'
  | 'types'
  | 'endpoints'
  | 'conditions'
  | 'order_by'
  | 'concurrency'
  | 'rate_per_second'
  | 'settings'
>;

/** What was sent, checked, over what was there; `headers` and `identity` only where they change. */
export interface CheckedFields {
  readonly kept: Kept;
  readonly headers: readonly (readonly [string, string])[] | undefined;
  readonly identity: ClientIdentity | null | undefined;
}

const CONCURRENCY_MAX = LIMITS.deliveryConcurrency.max;
const RATE_MAX = 10_000;
const DELAY_SECONDS_MAX = 259_200;
const PUSH_ONLY = Object.freeze([
  'url',
  'orderBy',
  'signature',
  'parameters',
  'timeoutMs',
  'concurrency',
  'ratePerSecond',
  'scheduleSeconds',
  'passHeaders',
  'headers',
  'clientCertificate',
] as const);

/** Checks fields; `INVALID_REQUEST` names them. */
export function checkFields(before: Kept, fields: DestinationFields, limits: Limits): CheckedFields {
  if (before.kind === 'pull') {
    for (const name of PUSH_ONLY)
      if (fields[name] !== undefined) throw refused(name, 'is for destinations that are pushed to');
  }
  const url = fields.url === undefined ? before.url : checkUrl(fields.url);
  if (fields.headers === undefined) requireSameHost(before, url);
  const kept: Kept = {
    ...before,
    url,
    ...fields.filter,
    ...(fields.orderBy === undefined ? {} : { order_by: fields.orderBy }),
    ...(fields.concurrency === undefined
      ? {}
      : { concurrency: within('concurrency', fields.concurrency, { min: 1, max: CONCURRENCY_MAX }) }),
    ...(fields.ratePerSecond === undefined
      ? {}
      : { rate_per_second: within('ratePerSecond', fields.ratePerSecond, { min: 1, max: RATE_MAX }) }),
    settings: checkSettings(before.settings, fields, limits),
  };
  return {
    kept,
    headers: fields.headers === undefined ? undefined : checkHeaders(fields.headers),
    identity: fields.clientCertificate === undefined ? undefined : checkIdentity(fields.clientCertificate),
  };
}

function checkSettings(before: Settings, fields: DestinationFields, limits: Limits): Settings {
  const { signature, parameters, timeoutMs, scheduleSeconds, passHeaders, headers } = fields;
  const timeout = { min: LIMITS.deliveryTimeoutMs.min, max: limits.deliveryTimeoutMaxMs };
  return {
    ...before,
    ...(signature === undefined ? {} : { signature }),
    ...(parameters === undefined ? {} : { parameters: { ...parameters } }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: within('timeoutMs', timeoutMs, timeout) }),
    ...(scheduleSeconds === undefined ? {} : { scheduleSeconds: checkSchedule(scheduleSeconds, limits) }),
    ...(passHeaders === undefined ? {} : { passHeaders: [...checkPassed(passHeaders)] }),
    ...(headers === undefined ? {} : { headerNames: checkHeaders(headers).map(([name]) => name) }),
  };
}

function checkSchedule(seconds: readonly number[] | null, limits: Limits): number[] | null {
  if (seconds === null) return null;
  const refuse = (problem: string) => refused('scheduleSeconds', problem);
  if (seconds.length + 1 > limits.deliveryAttemptsMax)
    throw refuse(`must have at most ${limits.deliveryAttemptsMax - 1} delays`);
  for (const each of seconds)
    if (!Number.isInteger(each) || each < 1 || each > DELAY_SECONDS_MAX)
      throw refuse(`must hold whole seconds from 1 to ${DELAY_SECONDS_MAX}`);
  if (seconds.reduce((sum, each) => sum + each, 0) > limits.deliveryScheduleSecondsMax)
    throw refuse(`must not last longer than ${limits.deliveryScheduleSecondsMax} seconds in all`);
  return [...seconds];
}

/**
 * Whether each event that the destination takes can be signed as it asks. In a platform's own scheme only where it is
 * known beforehand whose events come, and what we know suffices: a refusal at each delivery would come too late.
 */
export function checkSignature(kept: Kept, secrets: readonly string[]): void {
  const { signature, parameters } = kept.settings;
  if (signature !== 'platform' || kept.url === null) return;
  const { platforms, url } = kept;
  if (platforms === null)
    throw refused('signature', 'takes a filter of platforms, so that it is known which schemes are needed');
  for (const platform of platforms) {
    const problem = resignProblem({ platform, secrets, url, parameters });
    if (problem !== null) throw refused('signature', problem);
  }
}

/** Whether a text can be the secret of a destination. */
export function isUsableSecret(kept: Kept, text: string): boolean {
  const { platforms, url } = kept;
  if (kept.settings.signature !== 'platform' || platforms === null || url === null) return true;
  const { parameters } = kept.settings;
  return platforms.every(
    (platform) => resignProblem({ platform, secrets: [text], url, parameters }) === null,
  );
}

/** HTTPS, a canonical host, and neither credentials nor a fragment. Whether the host may be called is decided at each call. */
function checkUrl(url: string): string {
  const parsed = URL.parse(url);
  const refuse = (problem: string) => refused('url', problem);
  if (parsed === null || parsed.protocol !== 'https:') throw refuse('must be an https:// address');
  if (parsed.username !== '' || parsed.password !== '') throw refuse('must not carry a credential');
  if (parsed.hash !== '') throw refuse('must not have a fragment');
  if (!parseOrigin(parsed.origin).ok) throw refuse('must name its host in the canonical form');
  return parsed.href;
}

/** Who may change an address would otherwise have the sealed fields sent to one where they can be read. */
function requireSameHost({ url: before, settings }: Kept, url: string | null): void {
  if (settings.headerNames.length === 0 || before === null || url === null) return;
  if (new URL(before).origin !== new URL(url).origin)
    throw refused('headers', 'have to be given again, or taken back with {}, where another host gets them');
}

function checkIdentity(pair: DestinationFields['clientCertificate']): ClientIdentity | null {
  if (pair === null || pair === undefined) return null;
  const verdict = readClientIdentity(pair);
  if (!verdict.ok) throw refused('clientCertificate', verdict.reason);
  return verdict.identity;
}

function within(
  name: string,
  value: number | null,
  { min, max }: { readonly min: number; readonly max: number },
): number | null {
  if (value === null || (Number.isInteger(value) && value >= min && value <= max)) return value;
  throw refused(name, `must be a whole number from ${min} to ${max}`);
}

function refused(field: string, problem: string): Fault {
  return new Fault('INVALID_REQUEST', { fields: [{ path: `body.${field}`, problem }] });
}
