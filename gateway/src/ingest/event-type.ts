import { eventTypeOf, type Scheme } from '@sallyport/schemes';

const TYPE_CHARACTERS_MAX = 100;

/** The type an event calls itself, or `null`: a label and no more, as far as it is plain text that can be kept. */
export function typeOf(
  scheme: Scheme | null,
  message: { readonly rawHeaders: readonly string[]; readonly body: Uint8Array },
): string | null {
  const type = scheme === null ? null : eventTypeOf(scheme, message);
  return type !== null && type.length <= TYPE_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(type) ? type : null;
}
