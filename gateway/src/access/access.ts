import {
  type Actor,
  type AuditPort,
  type Clock,
  type EnvironmentId,
  Fault,
  type KeyId,
  type Limits,
  type Log,
} from '#base';
import type { EnvironmentKind, Environments } from '#environments';
import type { Keyring } from '#keyring';
import type { Store } from '#store';
import { createHolders, type Holder } from './holders.ts';
import { isWithinBinding, refusalOf } from './judge.ts';
import type { Binding, KeyKind } from './key-settings.ts';
import { bindingOf } from './key-view.ts';
import { createKeys, type Keys } from './keys.ts';
import { createRefusals } from './refusals.ts';
import { createReplays } from './replays.ts';
import { createRotation, type Rotation } from './rotation.ts';
import { SCOPES, type Scope } from './scopes.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createSignatures, type SignatureClaim, type SignedCall } from './signatures.ts';
import { createSigners, type Signers } from './signers.ts';
import { createUsage, type Usage } from './usage.ts';

/** Who has been authenticated, and what they may do. */
export interface Principal {
  readonly environment: EnvironmentId;
  readonly environmentKind: EnvironmentKind;
  readonly key: KeyId;
  readonly kind: KeyKind;
  readonly via: 'key' | 'bearer' | 'signature';
  readonly scopes: readonly Scope[];
  readonly boundTo: Binding | null;
  readonly requestsPerMinute: number | null;
}

export interface AccessPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly environments: Environments;
  readonly audit: AuditPort;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a request presents. */
export interface Presentation {
  readonly authorization: string | undefined;
  /** The `Origin` header. */
  readonly origin?: string | undefined;
  readonly surface: 'runtime' | 'admin';
  readonly actor: Actor;
  /** Called when the credential is not known to be good, before it is looked up: a guess begins. */
  readonly beforeAsking?: (() => Promise<void>) | undefined;
  /** It came in already with the same request, so this is no further use of it. */
  readonly again?: boolean;
}

/** Who may come in, and what they may do. */
export interface Access {
  readonly keys: Keys;
  readonly rotation: Rotation;
  readonly usage: Usage;
  readonly signers: Signers;
  /**
   * Who presents this. `UNAUTHENTICATED`, `KEY_MALFORMED`, `KEY_REVOKED`, `KEY_EXPIRED`, `KEY_RETIRED`,
   * `TOKEN_EXPIRED`, `WRONG_KEY_KIND`, `ADDRESS_REFUSED`, `ORIGIN_REFUSED`, `SIGNATURE_REQUIRED`, `SESSION_REFUSED`.
   */
  authenticate(presentation: Presentation): Promise<Principal>;
  /** Whose signature a request bears, `null` when it bears none. Throws `SIGNATURE_INVALID`. */
  signatureOf(rawHeaders: readonly string[]): SignatureClaim | null;
  /**
   * Who signed this request, which is accepted this once. `SIGNATURE_INVALID`, `SIGNATURE_STALE`, `SIGNATURE_REPLAYED`,
   * and whatever `authenticate` refuses a key for; `STORE_UNAVAILABLE` or `BUSY` when it can't be remembered.
   */
  authenticateSigned(
    presentation: Omit<Presentation, 'authorization'> & {
      readonly claim: SignatureClaim;
      readonly call: SignedCall;
    },
  ): Promise<Principal>;
  /** Whether a key whose signature was verified would still be let in, for what takes long. Throws as `authenticate`. */
  authenticateAgain(
    presentation: Pick<Presentation, 'surface' | 'origin' | 'actor'> & { readonly key: KeyId },
  ): Promise<Principal>;
  /** Whether they may do it, on the object named. `SCOPE_MISSING`, `KEY_BOUND_ELSEWHERE`, `ENVIRONMENT_FROZEN`. */
  authorize(
    principal: Principal,
    act: { readonly scope: Scope; readonly on?: Binding | undefined; readonly actor: Actor },
  ): Promise<void>;
  readonly signIn: SignIn['signIn'];
  /** Deletes what is over, a bounded number of rows; the number deleted. */
  sweep(): Promise<number>;
  start(): void;
  /** Records the refusals that wait for their entry, and the uses that were counted. */
  stop(): Promise<void>;
}

const BEARER = /^Bearer ([\x21-\x7e]+)$/i;
const CREDENTIAL_CHARACTERS_MAX = 200;

/** Makes the access room. */
export function createAccess(ports: AccessPorts): Access {
  const { environments, clock } = ports;
  const refusals = createRefusals(ports);
  const usage = createUsage(ports);
  const signers = createSigners({ ...ports, usage, changed: (key) => holders.changed(key) });
  const holders = createHolders({ ...ports, signersOf: (key) => signers.of(key) });
  const replays = createReplays(ports);
  const signatures = createSignatures({ ...ports, holders, refusals, replays });
  const keys = createKeys({ ...ports, holders });
  const rotation = createRotation({ ...ports, holders, usage });

  const refuse = async (refusal: Parameters<typeof refusals.record>[0], detail?: string): Promise<never> => {
    await refusals.record(refusal);
    throw new Fault(refusal.code, detail === undefined ? {} : { detail });
  };

  /** Admits a holder that may act here; refuses others with an entry in the log of the environment whose key it is. */
  const admit = async (
    holder: Holder,
    presented: Pick<Presentation, 'surface' | 'origin' | 'actor'> & { readonly via: Principal['via'] },
  ): Promise<EnvironmentKind> => {
    const { kind } = await environments.get(holder.environment_id).catch(gone);
    const { surface, origin, via, actor } = presented;
    const code = refusalOf(holder, {
      surface,
      origin,
      via,
      actor,
      environmentKind: kind,
      nowMs: clock.now(),
    });
    if (code === null) return kind;
    return refuse(
      { ...placeOf(holder), code, actor },
      code === 'WRONG_KEY_KIND' ? WRONG_SURFACE[surface] : undefined,
    );
  };

  const signIn = createSignIn({ ...ports, holders, refusals, admit });

  return {
    keys,
    rotation,
    usage,
    signers,
    signIn: signIn.signIn,
    signatureOf: (rawHeaders) => signatures.claimOf(rawHeaders),

    async authenticateSigned({ claim, call, origin, surface, actor }) {
      const verified = await signatures.verify(claim, call, actor);
      const { holder, signer: credential } = verified;
      const environmentKind = await admit(holder, { surface, origin, actor, via: 'signature' });
      // Last, so that nobody fills the memory with requests that would be refused anyway.
      await signatures.remember(verified, actor);
      usage.count({ ...placeOf(holder), credential, actor });
      return principalOf(holder, { environmentKind, via: 'signature' });
    },

    async authenticateAgain({ key, surface, origin, actor }) {
      const holder = await holders.named(key);
      if (holder === null || holder.signers.length === 0) throw new Fault('UNAUTHENTICATED');
      const environmentKind = await admit(holder, { surface, origin, actor, via: 'signature' });
      return principalOf(holder, { environmentKind, via: 'signature' });
    },

    async authenticate({ authorization, origin, surface, actor, beforeAsking, again = false }) {
      const text = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
      if (text === undefined || text.length > CREDENTIAL_CHARACTERS_MAX) throw new Fault('UNAUTHENTICATED');
      const { via, holder } = await holders.find(text, beforeAsking);
      if (holder === null) throw new Fault('UNAUTHENTICATED');
      const environmentKind = await admit(holder, { surface, origin, actor, via });
      if (!again) usage.count({ ...placeOf(holder), credential: holder.secret_id ?? '', actor });
      return principalOf(holder, { environmentKind, via });
    },

    async authorize(principal, { scope, on, actor }) {
      const { environment, key, scopes } = principal;
      if (!scopes.includes(scope))
        await refuse({ environment, key, code: 'SCOPE_MISSING', actor }, `It takes the scope ${scope}.`);
      // A frozen environment can be looked at, its keys ended and replaced, and nothing else (Q16).
      const { state } = await environments.get(environment);
      if (state !== 'active' && !SCOPES[scope].whileFrozen)
        await refuse({ environment, key, code: 'ENVIRONMENT_FROZEN', actor });
      if (!isWithinBinding(principal, { scope, on }))
        await refuse({ environment, key, code: 'KEY_BOUND_ELSEWHERE', actor });
    },

    start: () => usage.start(),
    async stop() {
      holders.stop();
      await refusals.close();
      await replays.stop();
      await usage.stop();
    },
    sweep: async () =>
      (await signIn.sweep()) + (await usage.sweep()) + (await rotation.sweep()) + (await replays.sweep()),
  };
}

/** An environment that is over has no keys either. */
function gone(thrown: unknown): never {
  const isOver = thrown instanceof Fault && thrown.code === 'ENVIRONMENT_NOT_FOUND';
  throw isOver ? new Fault('UNAUTHENTICATED') : thrown;
}

const WRONG_SURFACE = Object.freeze({
  runtime: 'Administration keys administer; forwarding and signing in take a test or live key.',
  admin: 'Administration takes an sk_admin_ key.',
});

function placeOf({ environment_id, key_id }: Holder): { environment: EnvironmentId; key: KeyId } {
  return { environment: environment_id, key: key_id };
}

function principalOf(
  holder: Holder,
  { environmentKind, via }: Pick<Principal, 'environmentKind' | 'via'>,
): Principal {
  const {
    environment_id: environment,
    key_id: key,
    kind,
    scopes,
    requests_per_minute: requestsPerMinute,
  } = holder;
  return {
    environment,
    environmentKind,
    key,
    kind,
    via,
    scopes,
    boundTo: bindingOf(holder),
    requestsPerMinute,
  };
}
