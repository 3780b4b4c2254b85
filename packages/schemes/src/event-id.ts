import { jsonStringAt } from './json-string-at.ts';
import { LIMITS } from './limits.ts';
import type { Scheme } from './scheme.ts';

/**
 * The platform's own id of a message whose signature has been found right, or `null`. An id that can't be kept as
 * text without loss or harm (over 256 characters, control characters, lone surrogates, which UTF-8 would make
 * equal) counts as none: then the signed bytes tell duplicates.
 */
export function eventIdOf(
  { eventId }: Scheme,
  { id, body }: { id: string | null; body: Uint8Array },
): string | null {
  const found =
    eventId.from === 'signed-header' ? id : eventId.from === 'body' ? jsonStringAt(body, eventId.path) : null;
  if (found === null || found === '' || found.length > LIMITS.idCharactersMax) return null;
  return found.isWellFormed() && !/\p{Cc}/u.test(found) ? found : null;
}
