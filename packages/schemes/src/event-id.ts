import type { Envelope } from './envelope.ts';
import { jsonStringAt } from './json-string-at.ts';
import { LIMITS } from './limits.ts';
import type { Scheme } from './scheme.ts';

/**
 * The platform's own id of a message whose signature has been found right, or `null`. An id that can't be kept as
 * text without loss or harm (over 256 characters, control characters, lone surrogates, which UTF-8 would make
 * equal) counts as none: then the signed bytes tell duplicates.
 */
export function eventIdOf(
  scheme: Scheme,
  { envelope, body }: { envelope: Envelope; body: Uint8Array },
): string | null {
  const id = readId(scheme, envelope, body);
  if (id === null || id === '' || id.length > LIMITS.idCharactersMax) return null;
  return id.isWellFormed() && !/\p{Cc}/u.test(id) ? id : null;
}

function readId({ eventId }: Scheme, envelope: Envelope, body: Uint8Array): string | null {
  if (eventId.from === 'none') return null;
  return eventId.from === 'signed-header' ? envelope.id : jsonStringAt(body, eventId.path);
}
