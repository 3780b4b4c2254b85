import { z } from 'zod';
import { sandboxLimits } from './limits.ts';

/** Where a fault shows: in the answer to a request, or in the delivery of a webhook event. */
export type FaultSurface = 'request' | 'webhook';

/** Every fault, with the sentence that the documentation shows. */
export const faultTable = Object.freeze({
  '401-expired': {
    surface: 'request',
    sentence: 'Answers 401 TOKEN_EXPIRED as though the token had just run out.',
  },
  '403': {
    surface: 'request',
    sentence: 'Answers 403 as though the credential were not allowed to do this.',
  },
  '429': { surface: 'request', sentence: 'Answers 429 with Retry-After.' },
  '500': { surface: 'request', sentence: 'Answers 500 without doing what was asked.' },
  slow: { surface: 'request', sentence: 'Waits delayMs (5 seconds unless given), then does what was asked.' },
  reset: { surface: 'request', sentence: 'Destroys the connection without doing what was asked.' },
  'lost-answer': {
    surface: 'request',
    sentence: 'Does what was asked, then destroys the connection instead of answering.',
  },
  truncated: {
    surface: 'request',
    sentence: 'Promises more bytes by Content-Length than it sends, then closes the connection.',
  },
  'echo-credentials': {
    surface: 'request',
    sentence: 'Answers 200 with the request’s token and the credential’s secret in a header and in the body.',
  },
  redirect: {
    surface: 'request',
    sentence: 'Answers 302 to another address of the sandbox, which counts its visitors.',
  },
  huge: { surface: 'request', sentence: 'Answers 200 with a body that does not end.' },
  gzip: {
    surface: 'request',
    sentence: 'Answers like echo-credentials, compressed with gzip whether asked to or not.',
  },
  'wrong-signature': {
    surface: 'webhook',
    sentence: 'Signs every attempt of the delivery with another secret.',
  },
  unsigned: { surface: 'webhook', sentence: 'Sends every attempt of the delivery without a signature.' },
  duplicate: { surface: 'webhook', sentence: 'Sends the event twice at the same time, byte for byte alike.' },
  reorder: {
    surface: 'webhook',
    sentence: 'Holds the event back until a later one has been sent to the same webhook, or for a second.',
  },
  stale: {
    surface: 'webhook',
    sentence: 'Sends the oldest event that is still known once more behind this one.',
  },
  'observed-shape': {
    surface: 'webhook',
    sentence:
      'Sends the payload as seen on a live account: snake_case, no id, the resource under relationships.self.',
  },
} as const satisfies Record<string, { surface: FaultSurface; sentence: string }>);

export type FaultName = keyof typeof faultTable;
export type RequestFault = {
  [Name in FaultName]: (typeof faultTable)[Name]['surface'] extends 'request' ? Name : never;
}[FaultName];
export type WebhookFault = Exclude<FaultName, RequestFault>;

/** The request header that names one fault for one request, or for the events that this request causes. */
export const faultHeader = 'x-sandbox-fault';

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faultTable, name);
}

export function isRequestFault(name: FaultName): name is RequestFault {
  return faultTable[name].surface === 'request';
}

export function isWebhookFault(name: FaultName): name is WebhookFault {
  return faultTable[name].surface === 'webhook';
}

/**
 * When a fault shows. `path` is a prefix: of the request's path, or of the webhook address's path. `times` counts
 * down to the rule's end; without it the rule stays until cleared.
 */
export const faultRuleSchema = z.strictObject({
  fault: z.string().refine(isFaultName, 'an unknown fault'),
  method: z
    .string()
    .regex(/^[A-Za-z]{1,16}$/)
    .optional(),
  path: z.string().startsWith('/').max(2_048).optional(),
  times: z.int().min(1).max(1_000_000).optional(),
  delayMs: z.int().min(0).max(sandboxLimits.delayMsMax).optional(),
});

export type FaultRule = z.output<typeof faultRuleSchema>;

/** The rules in force. Adding a malformed rule, or one over the limit, throws. */
export interface Faults {
  add(rule: FaultRule): void;
  clear(): void;
  /** With what is left of `times`. */
  list(): FaultRule[];
}

/** A fault that is due now. */
export interface DueFault<Name extends FaultName> {
  readonly fault: Name;
  readonly delayMs: number | undefined;
}

export interface FaultBook extends Faults {
  takeForRequest(method: string, path: string): DueFault<RequestFault> | undefined;
  takeForWebhook(path: string): DueFault<WebhookFault> | undefined;
}

export function createFaultBook(): FaultBook {
  let rules: FaultRule[] = [];

  function take<Name extends FaultName>(
    isMine: (name: FaultName) => name is Name,
    target: { method: string; path: string },
  ): DueFault<Name> | undefined {
    for (const rule of rules) {
      const { fault, method, path, times, delayMs } = rule;
      if (!isMine(fault)) continue;
      if (method !== undefined && method.toUpperCase() !== target.method) continue;
      if (path !== undefined && !target.path.startsWith(path)) continue;
      if (times !== undefined) {
        rules = rules.flatMap((other) => {
          if (other !== rule) return [other];
          return times > 1 ? [{ ...rule, times: times - 1 }] : [];
        });
      }
      return { fault, delayMs };
    }
    return undefined;
  }

  return {
    add(rule) {
      const parsed = faultRuleSchema.parse(rule);
      if (rules.length >= sandboxLimits.faultRulesMax) {
        throw new RangeError(`at most ${sandboxLimits.faultRulesMax} fault rules`);
      }
      rules = [...rules, parsed];
    },
    clear() {
      rules = [];
    },
    list: () => rules.map((rule) => ({ ...rule })),
    takeForRequest: (method, path) => take(isRequestFault, { method, path }),
    takeForWebhook: (path) => take(isWebhookFault, { method: 'POST', path }),
  };
}
