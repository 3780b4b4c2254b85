import type { ContentPart, Scheme, SignatureForm } from '@sallyport/schemes';

/**
 * A row of the table in words, for `sallyport schemes` and for `docs/schemes.md`.
 *
 * @example
 * describe(SCHEMES.stripe).content; // 'timestamp "." body'
 */
export function describe(scheme: Scheme): Description {
  const { timestamp } = scheme;
  return {
    header: headerOf(scheme),
    also: [scheme.headers.id, scheme.headers.timestamp, scheme.headers.key].filter(
      (name) => typeof name === 'string',
    ),
    content: contentOf(scheme),
    algorithm: scheme.algorithm,
    encoding: scheme.encoding,
    time: timestamp === null ? 'not signed' : `${timestamp.unit}, ±${timestamp.toleranceSeconds} s`,
    secret: scheme.secret,
  };
}

export interface Description {
  /** Where the signature stands and how it is written. */
  readonly header: string;
  /** The other headers that are read. */
  readonly also: readonly string[];
  readonly content: string;
  readonly algorithm: string;
  readonly encoding: string;
  readonly time: string;
  readonly secret: string;
}

function headerOf({ headers, signature }: Scheme): string {
  const where = headers.signature ?? 'in the body';
  const form = formOf(signature);
  return form === '' ? where : `${where}: ${form}`;
}

function formOf(form: SignatureForm): string {
  switch (form.kind) {
    case 'whole':
      return form.prefix === '' ? '' : `${form.prefix}…`;
    case 'versioned-list':
      return `${form.version}${form.joiner}…, a list`;
    case 'pairs': {
      const keys =
        typeof form.signatureKey === 'string' ? [form.signatureKey] : Object.values(form.signatureKey.keys);
      const time = form.timestampKey === null ? [] : [form.timestampKey];
      return [...time, ...keys].map((key) => `${key}=…`).join(form.separator);
    }
    case 'stamped':
      return form.repeats ? 'time,…[,…]' : 'time,…';
    case 'jwt':
      return 'a JWT';
    case 'body-member':
      return `member ${form.name}`;
    case 'form':
      return `field ${form.signatureField} for field ${form.payloadField}`;
    case 'items':
      return 'one in each item';
  }
}

function contentOf({ content, signature }: Scheme): string {
  const text = content.map(partOf).join(' ');
  if (signature.kind === 'jwt') return 'the JWT, which holds the SHA-256 of the body';
  if (signature.kind === 'form') return `field ${signature.payloadField}`;
  return signature.kind === 'items' ? 'of each item, eight fields joined by ":"' : text;
}

function partOf(part: ContentPart): string {
  if (typeof part === 'string') return part === 'body-crc32' ? 'crc32(body)' : part;
  if ('literal' in part) return JSON.stringify(part.literal);
  if ('parameter' in part) return part.parameter;
  if ('optional' in part) {
    const value = part.optional === 'id' ? 'id' : `query ${part.optional.query}`;
    return `[${JSON.stringify(part.before)} ${value} ${JSON.stringify(part.after)}]`;
  }
  const { derived } = part;
  switch (derived.kind) {
    case 'without':
      return `body without ${derived.member}`;
    case 'sorted':
      return 'body with its members sorted';
    case 'member':
      return `member ${derived.member} of the body`;
    case 'pairs':
      return `name=value&… of member ${derived.member}, sorted`;
  }
}
