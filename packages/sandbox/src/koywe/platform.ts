import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type BoundedMap, createBoundedMap } from '../bounded-map.ts';
import { faultHeader, isFaultName, isWebhookFault, type WebhookFault } from '../faults.ts';
import { sandboxLimits } from '../limits.ts';
import type { SandboxSettings } from '../options.ts';
import type { Report } from '../sandbox-event.ts';
import type { Schedule } from '../schedule.ts';
import { PlatformError } from './errors.ts';
import type { Events } from './events.ts';
import type { Contact, Order, Quote } from './records.ts';
import type { Tokens } from './tokens.ts';

/** Everything that the imitated platform knows about its one credential. */
export interface Platform {
  readonly settings: SandboxSettings['koywe'];
  readonly stepDelayMs: number;
  /** Replaced by rotate-secret; the one before is dead from then on. */
  secret: string;
  readonly tokens: Tokens;
  readonly orders: BoundedMap<Order>;
  readonly orderIdByExternalId: Map<string, string>;
  readonly contacts: BoundedMap<Contact>;
  /** By e-mail and phone, in lower case: Koywe looks for duplicates by both. */
  readonly contactIdByAddress: Map<string, string>;
  readonly quotes: BoundedMap<Quote>;
  readonly events: Events;
  readonly schedule: Schedule;
  readonly report: Report;
}

export type Server = FastifyInstance;

export type PlatformNeeds = Pick<
  Platform,
  'settings' | 'stepDelayMs' | 'tokens' | 'events' | 'schedule' | 'report'
>;

export function createPlatform(needs: PlatformNeeds): Platform {
  const orderIdByExternalId = new Map<string, string>();
  const contactIdByAddress = new Map<string, string>();
  return {
    ...needs,
    secret: needs.settings.secret,
    orderIdByExternalId,
    contactIdByAddress,
    orders: createBoundedMap(sandboxLimits.ordersMax, ({ externalId }) => {
      if (externalId !== undefined) orderIdByExternalId.delete(externalId);
    }),
    contacts: createBoundedMap(sandboxLimits.contactsMax, (contact) => {
      for (const address of addressesOf(contact)) contactIdByAddress.delete(address);
    }),
    quotes: createBoundedMap(sandboxLimits.quotesMax),
  };
}

/** What a contact is told apart by. */
export function addressesOf({ email, phone }: Pick<Contact, 'email' | 'phone'>): string[] {
  return [email, phone].flatMap((address) => (address === undefined ? [] : [address.toLowerCase()]));
}

/** Parses what a request brought; a refusal names the place and the rule, never the value. */
export function parse<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new PlatformError(
    'VALIDATION_FAILED',
    `${place === '' ? 'body' : place}: ${issue?.message ?? 'invalid'}`,
  );
}

/** The webhook fault that a request's header asks for, for the events that the request causes. */
export function webhookFaultOf(request: FastifyRequest): WebhookFault | undefined {
  const name = request.headers[faultHeader];
  return typeof name === 'string' && isFaultName(name) && isWebhookFault(name) ? name : undefined;
}

const placeSchema = z.object({ organizationId: z.string(), merchantId: z.string().optional() });

/**
 * Whether the path's organization and merchant are the credential's own. A read elsewhere answers empty; a write
 * throws MC00015: https://docs.koywe.com/en/getting-started/testing
 */
export function isAtHome(platform: Platform, request: FastifyRequest): boolean {
  const { organizationId, merchantId } = parse(placeSchema, request.params);
  const { settings } = platform;
  const home =
    organizationId === settings.organizationId &&
    (merchantId === undefined || merchantId === settings.merchantId);
  if (!home && request.method !== 'GET') throw new PlatformError('MC00015');
  return home;
}

/** One part of the request's path. */
export function pathPart(request: FastifyRequest, name: string): string {
  return parse(z.record(z.string(), z.string()), request.params)[name] ?? '';
}

export const organizationRoot = '/api/v1/organizations/:organizationId';
export const merchantRoot = `${organizationRoot}/merchants/:merchantId`;
