import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Access,
  type Binding,
  covers,
  type Principal,
  type Scope,
  type SignatureClaim,
  type SignedCall,
} from '#access';
import { type Actor, Fault, type Limits } from '#base';
import { hasBody, readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Check, Limiter } from './limiter.ts';
import { anonymous, type ReceivedOf, singleHeader } from './received.ts';

/** What an operation asks of whoever calls it. */
export interface Needs {
  readonly surface: 'runtime' | 'admin';
  readonly scope: Scope;
  /** The object that it acts on, for keys that are bound to one. */
  readonly on?: Binding | ((principal: Principal) => Binding | undefined) | undefined;
  /** What is counted together: the operation, or the connection of a call. */
  readonly route: string;
  readonly response: ServerResponse;
}

/** Who came in, and as whom they act. */
export interface Entered {
  readonly principal: Principal;
  readonly actor: Actor;
  /** The body, where it had to be read whole to verify a signature; `null` where it is still to be read. */
  readonly body: Uint8Array | null;
  /**
   * Who it is now, and whether they still may, for after a body that the caller could hold back for as long as it liked: a
   * revocation meanwhile counts.
   */
  readonly again: () => Promise<Principal>;
}

/** The one way in for everything that is not public. */
export interface Door {
  /** Throws what `authenticate`, `authenticateSigned` and `authorize` of the access room throw, and `RATE_LIMITED`. */
  enter(request: IncomingMessage, needs: Needs): Promise<Entered>;
}

export interface DoorPorts {
  readonly access: Access;
  readonly received: ReceivedOf;
  readonly limits: Limits;
  readonly budget: ByteBudget;
  /** What callers know this gateway by, where it is configured; else the `Host` header says it. */
  readonly authority: string | null;
  readonly limiter: Limiter;
}

/** Makes it. */
export function createDoor(ports: DoorPorts): Door {
  const { access, received, limits, budget, authority, limiter } = ports;

  const signedCall = (request: IncomingMessage, body: Uint8Array): SignedCall => {
    const { path, query } = received(request).target;
    return {
      method: request.method ?? '',
      target: path + query,
      authority: authority ?? singleHeader(request, 'host') ?? '',
      rawHeaders: request.rawHeaders,
      body,
    };
  };

  /** By the text of a key or bearer token. */
  const presented = (
    request: IncomingMessage,
    { surface, authorization, origin }: Headers,
  ): Promise<Principal> => {
    const actor = anonymous(received(request));
    const check: Check<Principal> = (beforeAsking) =>
      access.authenticate({ authorization, origin, surface, actor, beforeAsking });
    // Whoever presents nothing guesses nothing.
    if (authorization === undefined)
      return limiter.strangeUnless(request, () => check(async () => undefined));
    return limiter.guarded(request, { key: null, check, keyOf: ({ key }) => key });
  };

  /** By a signature, for which the body has to be read first. */
  const signed = async (
    request: IncomingMessage,
    { claim, surface, authorization, origin }: Headers & { readonly claim: SignatureClaim },
  ): Promise<Presented> => {
    const actor = anonymous(received(request));
    if (authorization?.includes(' ') === true) {
      // Of two credentials only one would be looked at, and which would be a guess.
      const detail = 'It bears a signature and an Authorization header: send one.';
      throw new Fault('INVALID_REQUEST', { detail });
    }
    const bytesMax = limits.signedBodyBytesMax;
    const body = hasBody(request) ? await readBody({ request, bytesMax, budget }) : new Uint8Array();
    const call = signedCall(request, body);
    const principal = await limiter.guarded(request, {
      key: claim.key,
      check: () => access.authenticateSigned({ claim, call, origin, surface, actor }),
      keyOf: ({ key }) => key,
    });
    return { principal, body };
  };

  return {
    async enter(request, { surface, scope, route, response, ...needs }) {
      const onOf = (by: Principal): Binding | undefined =>
        typeof needs.on === 'function' ? needs.on(by) : needs.on;
      const authorization = singleHeader(request, 'authorization');
      const headers = { surface, authorization, origin: singleHeader(request, 'origin') };
      const claim = await limiter.strangeUnless(request, async () => access.signatureOf(request.rawHeaders));
      const { principal, body } =
        claim === null
          ? { principal: await presented(request, headers), body: null }
          : await signed(request, { ...headers, claim });
      const actor: Actor = { ...anonymous(received(request)), kind: 'key', id: principal.key };
      // Who may not touch it takes no place of those who may.
      const on = onOf(principal);
      const counted = covers(principal, { scope, on }) ? route : null;
      await limiter.take(request, { principal, route: counted, response });
      await access.authorize(principal, { scope, on, actor });
      const again = async (): Promise<Principal> => {
        const presented = { ...headers, actor: anonymous(received(request)) };
        // A signature holds for its request however long that takes; the key may end meanwhile.
        const now =
          claim === null
            ? await access.authenticate({ ...presented, again: true })
            : await access.authenticateAgain({ ...presented, key: claim.key });
        await access.authorize(now, { scope, on: onOf(now), actor });
        return now;
      };
      return { principal, actor, body, again };
    },
  };
}

interface Headers {
  readonly surface: Needs['surface'];
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
}

interface Presented {
  readonly principal: Principal;
  readonly body: Uint8Array | null;
}
