import type { Scope } from '#access';
import type { FaultCode } from '#base';
import type { Surface } from './route.ts';

/** An operation whose bodies are streams, so that no shape of zod describes it. */
export interface StreamOperation {
  readonly method: string;
  readonly path: string;
  readonly surface: Surface;
  readonly scope: Scope | null;
  readonly id: string;
  readonly summary: string;
  readonly parameters: readonly object[];
  readonly requestBody: object | null;
  /** By status; `default` is what is passed on from elsewhere. */
  readonly answers: Readonly<Record<string, object>>;
  readonly faults: readonly FaultCode[];
}

const anyBody = Object.freeze({ content: { '*/*': { schema: {} } } });

/** The operations beside those of `allRoutes`. */
export const STREAM_OPERATIONS: readonly StreamOperation[] = Object.freeze([
  health('GET', 'live', 'Tells that the process answers.', []),
  health('HEAD', 'live', 'Tells that the process answers.', []),
  health('GET', 'ready', 'Tells that the node can do its work: it reaches its store.', ['STORE_UNAVAILABLE']),
  health('HEAD', 'ready', 'Tells that the node can do its work: it reaches its store.', [
    'STORE_UNAVAILABLE',
  ]),
  {
    method: 'POST',
    path: '/in/{endpoint}',
    surface: 'public',
    scope: null,
    id: 'receiveWebhook',
    summary: 'Receives a webhook: verified over the bytes received, stored, then acknowledged.',
    parameters: [pathParameter('endpoint', 'The id of the endpoint.')],
    requestBody: { required: true, ...anyBody },
    answers: {
      200: acknowledged(),
    },
    faults: [
      'NOT_FOUND',
      'ADDRESS_REFUSED',
      'ENDPOINT_NOT_FOUND',
      'WEBHOOK_REFUSED',
      'BODY_TOO_LARGE',
      'LENGTH_MISMATCH',
      'TIMED_OUT',
      'BUSY',
      'ENDPOINT_PAUSED',
      'STORE_UNAVAILABLE',
    ],
  },
  challenged('GET'),
  challenged('HEAD'),
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map(forwarded),
  {
    method: 'GET',
    path: '/admin/v1/audit/export',
    surface: 'admin',
    scope: 'audit:read',
    id: 'exportAudit',
    summary:
      'Gives the whole log of the environment, one JSON line after the other, for the offline verifier.',
    parameters: [],
    requestBody: null,
    answers: {
      200: {
        description: 'The log up to its newest checkpoint. Cut off before its end, the connection breaks.',
        content: { 'application/x-ndjson': { schema: { type: 'string' } } },
      },
    },
    faults: [],
  },
]);

function health(
  method: 'GET' | 'HEAD',
  word: 'live' | 'ready',
  summary: string,
  faults: readonly FaultCode[],
): StreamOperation {
  return {
    method,
    path: `/${word}z`,
    surface: 'public',
    scope: null,
    id: `${method.toLowerCase()}${word === 'live' ? 'Livez' : 'Readyz'}`,
    summary,
    parameters: [],
    requestBody: null,
    answers: { 200: method === 'HEAD' ? { description: 'Yes.' } : json('Yes.', { [word]: 'boolean' }) },
    faults,
  };
}

function forwarded(method: string): StreamOperation {
  return {
    method,
    path: '/out/{connection}/{path}',
    surface: 'runtime',
    scope: 'calls:send',
    id: `forward${method.charAt(0)}${method.slice(1).toLowerCase()}`,
    summary: 'Forwards a call to the platform of a connection, under the credential kept here.',
    parameters: [
      pathParameter('connection', 'The id of the connection.'),
      pathParameter('path', "The platform's own path, as it is; may hold slashes. Its query follows it."),
    ],
    requestBody: method === 'GET' ? null : anyBody,
    answers: {
      default: {
        description: "The platform's answer, with known credentials taken out; or a problem of ours.",
        ...anyBody,
      },
    },
    faults: [
      'AMBIGUOUS_PATH',
      'PATH_NOT_FORWARDED',
      'CONNECTION_NOT_FOUND',
      'UNSUPPORTED_MEDIA_TYPE',
      'MALFORMED_BODY',
      'REQUEST_SCHEMA',
      'BODY_TOO_LARGE',
      'LENGTH_MISMATCH',
      'TIMED_OUT',
      'AUDIT_UNAVAILABLE',
      'BUSY',
      'PLATFORM_CREDENTIAL_REFUSED',
      'OUTBOUND_CONNECT_FAILED',
      'OUTBOUND_TLS_FAILED',
      'OUTBOUND_BROKEN',
      'OUTBOUND_TIMEOUT',
      'OUTBOUND_RESPONSE_TOO_LARGE',
    ],
  };
}

function pathParameter(name: string, description: string): object {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

function json(description: string, fields: Readonly<Record<string, string>>): object {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type }]));
  const schema = { type: 'object', required: Object.keys(fields), properties, additionalProperties: false };
  return { description, content: { 'application/json': { schema } } };
}

/** Ours; or, where a platform wants to hear something else, that. */
function acknowledged(): object {
  const properties = { event: { type: ['string', 'null'] }, duplicate: { type: 'boolean' } };
  const schema = {
    type: 'object',
    required: ['event', 'duplicate'],
    properties,
    additionalProperties: false,
  };
  return {
    description:
      'Durable, or a duplicate of what already is; no event where nobody wants its type. In the words of the platform, where it has some.',
    content: { 'application/json': { schema }, 'text/plain': { schema: { type: 'string' } } },
  };
}

function challenged(method: 'GET' | 'HEAD'): StreamOperation {
  return {
    method,
    path: '/in/{endpoint}',
    surface: 'public',
    scope: null,
    id: method === 'GET' ? 'answerChallenge' : 'answerChallengeHead',
    summary: 'Answers what some platforms ask before they send webhooks; for others there is no such method.',
    parameters: [pathParameter('endpoint', 'The id of the endpoint.')],
    requestBody: null,
    answers: {
      200: {
        description: 'As the platform wants it.',
        ...(method === 'HEAD' ? {} : { content: { 'text/plain': { schema: { type: 'string' } } } }),
      },
    },
    faults: [
      'NOT_FOUND',
      'ADDRESS_REFUSED',
      'ENDPOINT_NOT_FOUND',
      'METHOD_NOT_ALLOWED',
      'ENDPOINT_PAUSED',
      'STORE_UNAVAILABLE',
    ],
  };
}
