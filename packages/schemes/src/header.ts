/**
 * The one value of a header among Node's `rawHeaders` (name, value, name, value …), or why there is none.
 * `request.headers` won't do: Node joins repeated headers with ", " there, or drops all but the first.
 */
export function readHeader(rawHeaders: readonly string[], name: string): HeaderValue {
  let value: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index];
    if (candidate === undefined || candidate.length !== name.length || !equalName(candidate, name)) continue;
    if (value !== undefined) return REPEATED;
    value = rawHeaders[index + 1];
  }
  return value === undefined || value === '' ? MISSING : { kind: 'present', value };
}

/** All values of a header that may be repeated, in their order. */
export function readHeaders(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && equalName(rawHeaders[index - 1] ?? '', name));
}

export type HeaderValue =
  | { readonly kind: 'present'; readonly value: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'repeated' };

const MISSING: HeaderValue = Object.freeze({ kind: 'missing' });
const REPEATED: HeaderValue = Object.freeze({ kind: 'repeated' });

function equalName(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase();
}
