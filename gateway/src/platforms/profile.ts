import type { SchemeName } from '@sallyport/schemes';
import type { z } from 'zod';
import type { RequestRule } from './request-shape.ts';

/** What the gateway must know of a platform. Data, so that a new platform is a file of facts. */
export interface PlatformProfile {
  readonly name: string;
  readonly title: string;
  /** Origins. Development and staging use the sandbox, production the live host (K3). */
  readonly hosts: { readonly sandbox: string; readonly live: string };
  /** How its webhooks are signed. */
  readonly scheme: SchemeName;
  /** The credential an operator gives us: each field a text. */
  readonly credential: z.ZodType<Readonly<Record<string, string>>>;
  readonly signIn: SignIn;
  /**
   * Whether a credential is the live side's, where it says so itself; `null` where only the host tells. A live one can't be bound to an
   * environment that is not production, nor the other way round (K3).
   */
  readonly isLive: ((credential: Readonly<Record<string, string>>) => boolean) | null;
  /** Its tokens live this long; the answer doesn't say. */
  readonly tokenLifeSeconds: number;
  /** A token is renewed this long before its end (K10). */
  readonly renewBeforeSeconds: number;
  /** Paths (by whole segments) that are never forwarded: they take or give credentials. */
  readonly refusedPaths: readonly string[];
  /** Calls whose bodies are checked before they are sent. */
  readonly requests: readonly RequestRule[];
  /** Headers of the caller that pass, and headers of the answer that pass back. Lower case. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  /** Where an event's type stands in its body; the first that holds a text counts. */
  readonly eventType: readonly (readonly string[])[];
}

/** How a bearer token is obtained: one JSON request, one JSON answer; or by a read that says whether the credential is good. */
export interface SignIn {
  readonly method: 'POST' | 'GET';
  readonly path: string;
  /** The field of the credential that is the token itself, presented to be tried; `null` where a token is given for it. */
  readonly bearer: string | null;
  /** Field of the request → field of the credential. */
  readonly body: Readonly<Record<string, string>>;
  /** Where the token stands in the answer; the first that holds a text counts. */
  readonly token: readonly (readonly string[])[];
  /** Statuses that mean the credential itself was refused. */
  readonly refusedStatuses: readonly number[];
}
