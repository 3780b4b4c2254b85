import type { IncomingMessage } from 'node:http';
import type { Access, Binding, Principal, Scope } from '#access';
import type { Actor } from '#base';
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
}

/** The one way in for everything that is not public. */
export interface Door {
  /** Throws what `authenticate` and `authorize` of the access room throw. */
  enter(request: IncomingMessage, needs: Needs): Promise<Entered>;
}

export interface DoorPorts {
  readonly access: Access;
  readonly received: ReceivedOf;
}

/** Makes it. */
export function createDoor({ access, received }: DoorPorts): Door {
  return {
    async enter(request, { surface, scope, on }) {
      const actor = anonymous(received(request));
      const authorization = singleHeader(request, 'authorization');
      const origin = singleHeader(request, 'origin');
      const principal = await access.authenticate({ authorization, origin, surface, actor });
      await access.authorize(principal, { scope, on, actor });
      return { principal, actor: { ...actor, kind: 'key', id: principal.key } };
    },
  };
}
