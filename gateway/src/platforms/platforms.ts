import { Fault, frozenTable } from '#base';
import { koywe } from './koywe.ts';
import { mollie } from './mollie.ts';
import type { PlatformProfile } from './profile.ts';

/** Every platform, by name. */
export const PLATFORMS: Readonly<Record<string, PlatformProfile>> = frozenTable({ koywe, mollie });

/** The profile of a platform. Throws `PLATFORM_UNKNOWN`. */
export function platformNamed(name: string): PlatformProfile {
  const profile = PLATFORMS[name];
  if (profile === undefined)
    throw new Fault('PLATFORM_UNKNOWN', { detail: `Known: ${Object.keys(PLATFORMS).join(', ')}.` });
  return profile;
}

/** The text at the first of several places in parsed JSON, or `null`. */
export function textAt(value: unknown, places: readonly (readonly string[])[]): string | null {
  for (const place of places) {
    let at: unknown = value;
    for (const name of place) at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    if (typeof at === 'string' && at !== '') return at;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
