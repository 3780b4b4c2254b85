import { crc32 } from 'node:zlib';
import type { Configured } from './configured.ts';
import { derivedTexts, type ParsedBody } from './derived.ts';
import type { Reason } from './reasons.ts';
import type { ContentPart, Scheme } from './scheme.ts';

/** Stands for the secret itself, which is put in its place for each secret that is tried. */
export const SECRET: unique symbol = Symbol('secret');

/** A piece of signed content; the body's bytes are passed on untouched. */
export type Piece = string | Uint8Array | typeof SECRET;

/**
 * The contents of which one has to be the signed one: mostly exactly one. Several where a platform may have written
 * the same thing in two ways.
 */
export function signedContents(scheme: Scheme, input: ContentInput): readonly (readonly Piece[])[] | Reason {
  let contents: Piece[][] = [[]];
  for (const part of scheme.content) {
    const pieces = piecesOf(part, input);
    if (typeof pieces === 'string') return pieces;
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) for (const content of contents) content.push(only);
    else contents = contents.flatMap((content) => pieces.map((piece): Piece[] => [...content, piece]));
  }
  return contents;
}

export interface ContentInput extends Configured {
  readonly id: string | null;
  readonly timestampText: string | null;
  readonly body: Uint8Array;
  /** The body as JSON, or `null` when it is none or was not asked for. */
  readonly parsed: ParsedBody | null;
}

/** Whether the body has to be parsed to tell what is signed. */
export function needsParsing({ content, signature }: Scheme): boolean {
  return (
    signature.kind === 'body-member' ||
    signature.kind === 'items' ||
    content.some((part) => typeof part === 'object' && 'derived' in part)
  );
}

/** With the secret in its place. */
export function withSecret(pieces: readonly Piece[], secret: Uint8Array): (string | Uint8Array)[] {
  return pieces.map((piece) => (piece === SECRET ? secret : piece));
}

function piecesOf(part: ContentPart, input: ContentInput): readonly Piece[] | Reason {
  switch (part) {
    case 'id':
      return [input.id ?? ''];
    case 'timestamp':
      return [input.timestampText ?? ''];
    case 'body':
      return [input.body];
    case 'url':
      return [input.url];
    case 'secret':
      return [SECRET];
    case 'body-crc32':
      return [String(crc32(input.body))];
  }
  if ('literal' in part) return [part.literal];
  if ('parameter' in part) return [input.parameters[part.parameter] ?? ''];
  if ('optional' in part) return optional(part, input);
  const texts = input.parsed === null ? null : derivedTexts(part.derived, input.parsed);
  return texts ?? 'body-malformed';
}

type OptionalPart = Extract<ContentPart, { readonly optional: unknown }>;

function optional(
  { optional: of, before, after }: OptionalPart,
  input: ContentInput,
): readonly Piece[] | Reason {
  if (of === 'id') return [input.id === null ? '' : `${before}${input.id}${after}`];
  const value = queryValue(input.target, of.query);
  if (value === 'malformed') return 'target-malformed';
  if (value === null) return [''];
  // Its own documentation wants lower case, some of its messages were signed as sent.
  const spellings = new Set([value.text.toLowerCase(), value.text]);
  return [...spellings].map((text) => `${before}${text}${after}`);
}

/** The one value of a name in the query, as plain letters, digits, `_` and `-`; nothing that needs decoding. */
function queryValue(target: string, name: string): { readonly text: string } | null | 'malformed' {
  const query = target.slice(target.indexOf('?') + 1);
  if (!target.includes('?')) return null;
  let found: string | null = null;
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    if ((at < 0 ? pair : pair.slice(0, at)) !== name) continue;
    const value = at < 0 ? '' : pair.slice(at + 1);
    if (found !== null || !/^[A-Za-z0-9_-]{1,128}$/.test(value)) return 'malformed';
    found = value;
  }
  return found === null ? null : { text: found };
}
