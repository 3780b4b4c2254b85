import { createBoundedMap } from './bounded-map.ts';
import { createFaultBook, type FaultRule, type Faults, type WebhookFault } from './faults.ts';
import { eventView } from './koywe/event-routes.ts';
import { createEvents, type EventInput, type Published } from './koywe/events.ts';
import { createPlatform } from './koywe/platform.ts';
import type { Contact, Delivery, Order, PlatformEvent, ReceivedRequest } from './koywe/records.ts';
import { createTokens, type TokenKind } from './koywe/tokens.ts';
import { createWebhook } from './koywe/webhook-routes.ts';
import { sandboxLimits } from './limits.ts';
import { type PayloadShape, type SandboxOptions, sandboxOptionsSchema } from './options.ts';
import { createSchedule } from './schedule.ts';
import { createServer } from './server.ts';

/** What the sandbox has seen and done, for tests; plain data, oldest first. */
export interface SandboxState {
  readonly orders: readonly Order[];
  readonly contacts: readonly Contact[];
  readonly events: readonly Omit<PlatformEvent, 'deliveries'>[];
  readonly deliveries: readonly SentDelivery[];
  /** The latest requests, with the headers as they came: credentials among them. */
  readonly requests: readonly ReceivedRequest[];
  readonly signIns: number;
  /** How many requests came to where the fault `redirect` points. */
  readonly redirectsFollowed: number;
}

export interface SentDelivery extends Omit<Delivery, 'body'> {
  readonly eventId: string;
  readonly type: string;
  /** The text that every attempt sends. */
  readonly body: string;
}

/** An event to emit. `body` replaces the event's own text, byte for byte, and is signed as it is. */
export interface EmitInput extends EventInput {
  readonly body?: string | undefined;
  readonly shape?: PayloadShape | undefined;
  readonly fault?: WebhookFault | undefined;
}

/** A running sandbox. */
export interface Sandbox {
  /** The origin, such as `https://127.0.0.1:40123`. */
  readonly url: string;
  state(): SandboxState;
  readonly faults: Faults;
  /** Makes a webhook event and sends it to every active webhook; resolves when each has answered or failed once. */
  emit(event: EmitInput): Promise<Published>;
  /** A token without a sign-in; an `email` one may not rotate the secret. */
  issueToken(kind: TokenKind): string;
  /** Ends every connection and timer. */
  close(): Promise<void>;
}

/**
 * Starts Koywe's platform API, imitated in memory over HTTPS, for one credential.
 *
 * Throws a `ZodError` on malformed options and the system's error where the address can't be listened on.
 *
 * @example
 * const authority = await createAuthority();
 * const sandbox = await startSandbox({
 *   tls: await issueCertificate(authority, { names: ['127.0.0.1'] }),
 *   koywe: { apiKey: 'key', secret: 'secret', organizationId: 'org_1', merchantId: 'mrc_1' },
 * });
 */
export async function startSandbox({ onEvent, ...rest }: SandboxOptions): Promise<Sandbox> {
  const settings = sandboxOptionsSchema.parse(rest);
  let closing: Promise<void> | undefined;
  const report: typeof onEvent & {} = (line) => {
    if (closing === undefined) onEvent?.(line);
  };
  const counts = { signIns: 0, redirectsFollowed: 0 };
  const faults = createFaultBook();
  const schedule = createSchedule();
  const events = createEvents({
    merchantId: settings.koywe.merchantId,
    deliveryCa: settings.deliveryCa,
    retryFactor: settings.retryFactor ?? 1,
    faults,
    schedule,
    report,
  });
  const platform = createPlatform({
    settings: settings.koywe,
    stepDelayMs: settings.stepDelayMs ?? sandboxLimits.stepDelayMs,
    tokens: createTokens({
      subject: settings.koywe.organizationId,
      lifeSeconds: settings.tokenLifeSeconds ?? sandboxLimits.tokenLifeSeconds,
    }),
    events,
    schedule,
    report(line) {
      if (line.event === 'sign-in.accepted') counts.signIns += 1;
      report(line);
    },
  });
  for (const input of settings.koywe.webhooks ?? []) {
    const webhook = createWebhook(input);
    events.webhooks.set(webhook.id, webhook);
  }
  const requests = createBoundedMap<ReceivedRequest>(sandboxLimits.requestsMax);
  let received = 0;

  const sandbox: Omit<Sandbox, 'url'> = {
    state: () => ({
      orders: platform.orders.values(),
      contacts: platform.contacts.values(),
      events: events.known.values().map(eventView),
      deliveries: events.known.values().flatMap(sentDeliveries),
      requests: requests.values(),
      ...counts,
    }),
    faults: {
      add: (rule: FaultRule) => faults.add(rule),
      clear: () => faults.clear(),
      list: () => faults.list(),
    },
    emit: ({ body, shape, fault, ...event }) =>
      events.publish(event, { shape, fault, body: body === undefined ? undefined : Buffer.from(body) }),
    issueToken: (kind) => platform.tokens.issue(kind),
    close() {
      closing ??= (async () => {
        schedule.clear();
        await Promise.all([server.close(), events.close()]);
      })();
      return closing;
    },
  };

  const server = createServer({
    settings,
    platform,
    faults,
    control: sandbox,
    onRequest(request) {
      received += 1;
      requests.set(String(received), request);
    },
    onRedirected() {
      counts.redirectsFollowed += 1;
    },
  });
  try {
    await server.listen({ host: settings.host ?? '127.0.0.1', port: settings.port ?? 0 });
    const [address] = server.addresses();
    if (address === undefined || typeof address === 'string') throw new Error('the sandbox listens nowhere');
    const url = `https://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    report({ event: 'sandbox.ready', url });
    return { ...sandbox, url };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

function sentDeliveries(event: PlatformEvent): SentDelivery[] {
  return [...event.deliveries.values()].map(({ body, ...delivery }) => ({
    ...delivery,
    eventId: event.id,
    type: event.type,
    body: Buffer.from(body).toString(),
  }));
}
