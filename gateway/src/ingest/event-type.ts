import { textOf } from '#base';
import { PLATFORMS, textAt } from '#platforms';

const TYPE_CHARACTERS_MAX = 100;

/** The type an event calls itself, or `null`. What isn't JSON is legal; what it says is a label and no more. */
export function typeOf(platform: string, body: Uint8Array): string | null {
  const profile = PLATFORMS[platform];
  if (profile === undefined) return null;
  try {
    const type = textAt(JSON.parse(textOf(body)), profile.eventType);
    return type !== null && type.length <= TYPE_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(type) ? type : null;
  } catch {
    return null;
  }
}
