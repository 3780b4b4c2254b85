import { bodies } from './bodies.ts';
import { inBody } from './in-body.ts';
import { keyModels } from './keys.ts';
import type { Model } from './model.ts';
import { standardWebhooksModels } from './standard-webhooks.ts';
import { timed } from './timed.ts';

const shared: readonly Model[] = [...bodies, ...standardWebhooksModels, ...timed, ...inBody];

/** Every model; those with key pairs have new keys each time. */
export function models(): readonly Model[] {
  return [...shared, ...keyModels()];
}

/** The model of a scheme with a shared secret; `null` for one with key pairs, which no file may hold. */
export function modelOf(scheme: string): Model | null {
  return shared.find((model) => model.scheme === scheme) ?? null;
}
