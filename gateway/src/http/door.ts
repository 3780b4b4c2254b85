import type { IncomingMessage } from 'node:http';
import type { Access, Binding, Principal, Scope } from '#access';
import { type Actor, Fault, type Limits } from '#base';
import { hasBody, readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import { anonymous, type ReceivedOf, singleHeader } from './received.ts';

/** What an operation asks of whoever calls it. */
export interface Needs {
  readonly surface: 'runtime' | 'admin';
  readonly scope: Scope;
  /** The object that it acts on, for keys that are bound to one. */
  readonly on?: Binding | undefined;
}

/** Who came in, and as whom they act. */
export interface Entered {
  readonly principal: Principal;
  readonly actor: Actor;
  /** The body, where it had to be read whole to verify a signature; `null` where it is still to be read. */
  readonly body: Uint8Array | null;
}

/** The one way in for everything that is not public. */
export interface Door {
  /** Throws what `authenticate`, `authenticateSigned` and `authorize` of the access room throw. */
  enter(request: IncomingMessage, needs: Needs): Promise<Entered>;
}

export interface DoorPorts {
  readonly access: Access;
  readonly received: ReceivedOf;
  readonly limits: Limits;
  readonly budget: ByteBudget;
  /** What callers know this gateway by, where it is configured; else the `Host` header says it. */
  readonly authority: string | null;
}

/** Makes it. */
export function createDoor({ access, received, limits, budget, authority }: DoorPorts): Door {
  const present = async (
    request: IncomingMessage,
    surface: Needs['surface'],
  ): Promise<{ principal: Principal; body: Uint8Array | null }> => {
    const actor = anonymous(received(request));
    const origin = singleHeader(request, 'origin');
    const authorization = singleHeader(request, 'authorization');
    const claim = access.signatureOf(request.rawHeaders);
    if (claim === null) {
      const principal = await access.authenticate({ authorization, origin, surface, actor });
      return { principal, body: null };
    }
    refuseSecond(authorization);
    const body = hasBody(request)
      ? await readBody({ request, bytesMax: limits.signedBodyBytesMax, budget })
      : new Uint8Array();
    const call = signedCall(request, body);
    return { principal: await access.authenticateSigned({ claim, call, origin, surface, actor }), body };
  };

  const signedCall = (request: IncomingMessage, body: Uint8Array) => {
    const { path, query } = received(request).target;
    return {
      method: request.method ?? '',
      target: path + query,
      authority: authority ?? singleHeader(request, 'host') ?? '',
      rawHeaders: request.rawHeaders,
      body,
    };
  };

  return {
    async enter(request, { surface, scope, on }) {
      const { principal, body } = await present(request, surface);
      const actor: Actor = { ...anonymous(received(request)), kind: 'key', id: principal.key };
      await access.authorize(principal, { scope, on, actor });
      return { principal, actor, body };
    },
  };
}

/** Of two credentials only one would be looked at, and which would be a guess. */
function refuseSecond(authorization: string | undefined): void {
  if (authorization === undefined || !authorization.includes(' ')) return;
  throw new Fault('INVALID_REQUEST', {
    detail: 'It bears a signature and an Authorization header: send one.',
  });
}
