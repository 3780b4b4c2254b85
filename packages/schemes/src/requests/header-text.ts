import { LIMITS } from '../limits.ts';

/** Whether a header of that name is there at all, also an empty or repeated one. */
export function bears(rawHeaders: readonly string[], name: string): boolean {
  const wanted = name.toLowerCase();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index];
    if (candidate?.length === wanted.length && candidate.toLowerCase() === wanted) return true;
  }
  return false;
}

/** Visible ASCII without quote and backslash, so that it has one spelling in every header; an id or a nonce. */
export function isPlainText(text: string, charactersMin = 1): boolean {
  return (
    text.length >= charactersMin &&
    text.length <= LIMITS.plainTextCharactersMax &&
    /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)
  );
}
