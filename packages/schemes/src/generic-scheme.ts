import { configurationReader, type Fields } from './configuration.ts';
import { frozen } from './frozen.ts';
import { LIMITS } from './limits.ts';
import type {
  ContentPart,
  EventIdRule,
  EventTypeRule,
  MacAlgorithm,
  Scheme,
  SignatureEncoding,
  SignatureForm,
  TimestampUnit,
} from './scheme.ts';

/**
 * A scheme that nobody has listed, described by configuration alone: an HMAC over body, time, id, address and fixed
 * texts, in one header. What the configuration leaves out is the plainest: the body alone, SHA-256, lower-case hex, the
 * secret's own bytes.
 *
 * @example
 * const config: GenericSchemeConfig = {
 *   headers: { signature: 'X-Signature' },
 *   form: { kind: 'pairs', timestampKey: 't', signatureKey: 'v1' },
 *   content: ['timestamp', { literal: '.' }, 'body'],
 *   timestamp: { unit: 'seconds' },
 * };
 */
export interface GenericSchemeConfig {
  readonly headers: {
    readonly signature: string;
    readonly id?: string | undefined;
    /** Left out where the time stands in the signature's own header. */
    readonly timestamp?: string | undefined;
  };
  readonly form?: GenericForm | undefined;
  readonly content?: readonly GenericContentPart[] | undefined;
  readonly algorithm?: Exclude<MacAlgorithm, 'hmac-sha1'> | undefined;
  readonly encoding?: Extract<SignatureEncoding, 'hex' | 'hex-upper' | 'base64' | 'base64url'> | undefined;
  readonly timestamp?:
    | {
        readonly unit: Exclude<TimestampUnit, 'seconds-or-milliseconds'>;
        readonly toleranceSeconds?: number | undefined;
      }
    | undefined;
  readonly secret?: 'utf8' | 'hex' | 'base64' | 'whsec-base64' | undefined;
  readonly eventId?: Exclude<EventIdRule, { from: 'signed-body' }> | undefined;
  readonly eventType?: Exclude<EventTypeRule, { from: 'form-xml' | 'items' }> | undefined;
  readonly acknowledgement?:
    | {
        readonly status: number;
        readonly contentType?: string | undefined;
        readonly body?: string | undefined;
      }
    | undefined;
}

export type GenericForm =
  | { readonly kind: 'whole'; readonly prefix?: string | undefined }
  | {
      readonly kind: 'list';
      readonly version: string;
      /** A space where it is left out. */
      readonly separator?: ' ' | ',' | undefined;
      /** A comma where it is left out. */
      readonly joiner?: ',' | '=' | undefined;
    }
  | {
      readonly kind: 'pairs';
      /** A comma where it is left out. */
      readonly separator?: ',' | ';' | undefined;
      readonly timestampKey?: string | undefined;
      readonly signatureKey: string;
      readonly repeats?: boolean | undefined;
    }
  | { readonly kind: 'stamped'; readonly repeats?: boolean | undefined };

export type GenericContentPart = 'id' | 'timestamp' | 'body' | 'url' | { readonly literal: string };

/**
 * The scheme that a configuration describes, checked in every part, since it comes from outside. Throws `SchemeFault`
 * with `CONFIGURATION_INVALID`; its `detail` names the field and the rule.
 *
 * @example
 * const scheme = genericScheme({ headers: { signature: 'X-Signature' } });
 * verify({ scheme, secrets, rawHeaders, body, nowMs });
 */
export function genericScheme(config: GenericSchemeConfig): Scheme {
  const reader = configurationReader(config);
  const root = reader.root([
    'headers',
    'form',
    'content',
    'algorithm',
    'encoding',
    'timestamp',
    'secret',
    'eventId',
    'eventType',
    'acknowledgement',
  ]);
  const headerFields = root.fields('headers', ['signature', 'id', 'timestamp']);
  const headers = {
    signature: headerFields.headerName('signature'),
    id: headerFields.has('id') ? headerFields.headerName('id') : null,
    timestamp: headerFields.has('timestamp') ? headerFields.headerName('timestamp') : null,
  };
  const signature = formOf(root);
  const content = contentOf(root);
  const timestamp = timestampOf(root);
  const { eventId, eventType } = eventRules(root);
  const scheme: Scheme = {
    name: 'generic',
    title: 'Generic',
    headers,
    signature,
    content,
    algorithm: root.oneOf('algorithm', ['hmac-sha256', 'hmac-sha384', 'hmac-sha512']),
    encoding: root.oneOf('encoding', ['hex', 'hex-upper', 'base64', 'base64url']),
    timestamp,
    secret: root.oneOf('secret', ['utf8', 'hex', 'base64', 'whsec-base64']),
    parameters: [],
    eventId,
    eventType,
    acknowledgement: acknowledgementOf(root),
    challenge: null,
    keySource: null,
    notCovered: notCovered(content, eventType),
    differences: [],
    source: 'configuration',
    checked: { against: 'nothing: it is as it was configured', ways: 'none', since: '0.1.0' },
  };
  checkWhole(scheme, root);
  return frozen({ ...scheme });
}

function formOf(root: Fields): SignatureForm {
  if (!root.has('form')) return { kind: 'whole', prefix: '' };
  const form = root.fields('form', [
    'kind',
    'prefix',
    'version',
    'separator',
    'joiner',
    'timestampKey',
    'signatureKey',
    'repeats',
  ]);
  const kind = form.oneOf('kind', ['whole', 'list', 'pairs', 'stamped']);
  const repeats = form.flag('repeats');
  switch (kind) {
    case 'whole':
      form.only(['kind', 'prefix']);
      return { kind, prefix: form.has('prefix') ? form.literal('prefix') : '' };
    case 'list': {
      form.only(['kind', 'version', 'separator', 'joiner']);
      const separator = form.oneOf('separator', [' ', ',']);
      const joiner = form.oneOf('joiner', [',', '=']);
      if (separator === joiner) form.refuse('joiner', 'must not be the separator');
      return { kind: 'versioned-list', version: form.key('version'), separator, joiner };
    }
    case 'pairs': {
      form.only(['kind', 'separator', 'timestampKey', 'signatureKey', 'repeats']);
      const timestampKey = form.has('timestampKey') ? form.key('timestampKey') : null;
      const signatureKey = form.key('signatureKey');
      if (timestampKey === signatureKey) form.refuse('timestampKey', 'must not be the signature key');
      return {
        kind,
        separator: form.oneOf('separator', [',', ';']),
        spaced: false,
        timestampKey,
        signatureKey,
        repeats,
      };
    }
    case 'stamped':
      form.only(['kind', 'repeats']);
      return { kind, repeats };
  }
}

function contentOf(root: Fields): readonly ContentPart[] {
  if (!root.has('content')) return ['body'];
  return root.list('content', LIMITS.contentPartsMax, (entry): ContentPart => {
    if (typeof entry.value === 'string') return entry.among(['id', 'timestamp', 'body', 'url'] as const);
    return { literal: entry.fields(['literal']).literal('literal') };
  });
}

function timestampOf(root: Fields): Scheme['timestamp'] {
  if (!root.has('timestamp')) return null;
  const fields = root.fields('timestamp', ['unit', 'toleranceSeconds']);
  return {
    unit: fields.oneOf('unit', ['seconds', 'milliseconds', 'iso8601']),
    toleranceSeconds: fields.has('toleranceSeconds')
      ? fields.whole('toleranceSeconds', { min: 1, max: LIMITS.toleranceSecondsMax })
      : 300,
  };
}

function eventRules(root: Fields): { eventId: EventIdRule; eventType: EventTypeRule } {
  let eventId: EventIdRule = { from: 'none' };
  if (root.has('eventId')) {
    const fields = root.fields('eventId', ['from', 'path']);
    const from = fields.oneOf('from', ['none', 'body', 'signed-header']);
    fields.only(from === 'body' ? ['from', 'path'] : ['from']);
    eventId =
      from === 'body'
        ? { from, path: fields.list('path', LIMITS.pathPartsMax, (entry) => entry.name()) }
        : { from };
  }
  if (!root.has('eventType')) return { eventId, eventType: { from: 'none' } };
  const fields = root.fields('eventType', ['from', 'paths', 'name']);
  const from = fields.oneOf('from', ['none', 'body', 'header']);
  fields.only(from === 'none' ? ['from'] : ['from', from === 'body' ? 'paths' : 'name']);
  if (from === 'none') return { eventId, eventType: { from } };
  if (from === 'header') return { eventId, eventType: { from, name: fields.headerName('name') } };
  const paths = fields.list('paths', LIMITS.pathPartsMax, (entry) =>
    entry.list(LIMITS.pathPartsMax, (step) => (typeof step.value === 'number' ? step.place() : step.name())),
  );
  return { eventId, eventType: { from, paths } };
}

function acknowledgementOf(root: Fields): Scheme['acknowledgement'] {
  if (!root.has('acknowledgement')) return { status: 200, contentType: null, body: '' };
  const fields = root.fields('acknowledgement', ['status', 'contentType', 'body']);
  return {
    status: fields.whole('status', { min: 200, max: 299 }),
    contentType: fields.has('contentType')
      ? fields.oneOf('contentType', ['text/plain', 'application/json'])
      : null,
    body: fields.has('body') ? fields.literal('body') : '',
  };
}

/** What holds between the parts: a signature that left the body out, or a time unsigned, would be worth nothing. */
function checkWhole({ headers, content, timestamp, signature, eventId }: Scheme, root: Fields): void {
  const count = (part: ContentPart): number => content.filter((each) => each === part).length;
  if (count('body') !== 1) root.refuse('content', 'must have the body, once');
  for (const part of ['id', 'timestamp', 'url'] as const)
    if (count(part) > 1) root.refuse('content', `must have ${part} once at most`);
  if ((count('id') === 1) !== (headers.id !== null))
    root.refuse('headers.id', 'must be there exactly where the id is signed');
  const stamped =
    signature.kind === 'stamped' || (signature.kind === 'pairs' && signature.timestampKey !== null);
  if (stamped && headers.timestamp !== null)
    root.refuse('headers.timestamp', 'must not be there where the signature header has the time');
  const sent = stamped || headers.timestamp !== null;
  if (sent !== (timestamp !== null) || sent !== (count('timestamp') === 1))
    root.refuse('timestamp', 'must be there exactly where a time is sent and signed');
  if (eventId.from === 'signed-header' && headers.id === null)
    root.refuse('eventId', 'can be the header only where that is signed');
  const after = content[content.indexOf('id') + 1];
  if (count('id') === 1 && (typeof after !== 'object' || !('literal' in after)))
    root.refuse('content', 'must have a fixed text behind the id, so that it ends there');
  if (content.indexOf('id') > content.indexOf('body'))
    root.refuse('content', 'must have the id before the body, which may hold anything');
  const names = [headers.signature, headers.id, headers.timestamp].filter((name) => name !== null);
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length)
    root.refuse('headers', 'must differ');
}

function notCovered(content: readonly ContentPart[], eventType: EventTypeRule): readonly string[] {
  const open: string[] = [];
  if (!content.includes('timestamp')) open.push('the time of sending');
  if (!content.includes('url')) open.push('the address it was sent to');
  open.push('every header that is not signed');
  if (eventType.from === 'header') open.push('the event type, which is a header');
  return open;
}
