import { z } from 'zod';
import type { Binding, Principal, Scope } from '#access';
import { type Actor, Fault, type FaultCode } from '#base';
import type { Guarded } from './limiter.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Who may call: nobody in particular, an application's key or bearer token, or an administration key. */
export type Surface = 'public' | 'runtime' | 'admin';

/** What a handler gets: parsed input, and who asks. `principal` is `null` on the public surface only. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal | null;
  readonly actor: Actor;
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined;
  /** The `Origin` header. */
  readonly origin: string | undefined;
  /** Runs the check of a credential that stands in the body. */
  readonly guard: Guard;
  /** The body as it came, byte for byte; empty where none did. */
  readonly bytes: Uint8Array;
  /** Asks once more who it is and whether they still may, for what takes long: a revocation meanwhile counts. */
  readonly again: () => Promise<Principal | null>;
  /** Aborted when the caller has gone away without its answer. */
  readonly gone: AbortSignal;
}

/** What an operation acts on, before its input is parsed. `principal` may be bound to it. */
export type BindingOf = (
  query: Readonly<Record<string, string>>,
  principal: Principal,
) => Binding | undefined;

export type Guard = <T>(given: Guarded<T>) => Promise<T>;

/** One row of the API: its address, the shapes of what comes and goes, the codes it can refuse with, and its act. */
export interface RouteOptions<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  readonly method: Method;
  /** With `{name}` for parameters, as in OpenAPI. */
  readonly path: string;
  readonly surface: Surface;
  /** What a key needs to be allowed; only public operations need nothing. */
  readonly scope?: Scope;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** No body is as good as `{}`. */
  readonly bodyMayLack?: boolean;
  /** The object that it acts on, for keys that are bound to one. */
  readonly on?: BindingOf;
  /** Takes an `Idempotency-Key`, or can't do without one. */
  readonly takesIdempotencyKey?: boolean | 'always';
  readonly status: 200 | 201 | 204;
  readonly answer: Answer;
  readonly faults: readonly FaultCode[];
  readonly handle: (
    call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<z.input<Answer>>;
}

/** A route as the server and the OpenAPI document need it. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly surface: Surface;
  readonly scope: Scope | null;
  readonly summary: string;
  readonly status: 200 | 201 | 204;
  readonly faults: readonly FaultCode[];
  readonly bodyMayLack: boolean;
  readonly on: BindingOf | null;
  readonly takesIdempotencyKey: boolean | 'always';
  readonly schemas: {
    readonly params: z.ZodType | null;
    readonly query: z.ZodType | null;
    readonly body: z.ZodType | null;
    readonly answer: z.ZodType;
  };
  readonly run: (call: Call<unknown, unknown, unknown>) => Promise<unknown>;
}

type Nothing = z.ZodType<object>;
const FIELDS_MAX = 20;
const UNKNOWN_FIELDS = 'has fields that are not known here';

/**
 * Declares a route. Input is parsed before `handle` sees it and the answer on its way out, so that a field nobody
 * declared neither enters nor leaves.
 */
export function route<
  Answer extends z.ZodType,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(options: RouteOptions<Params, Query, Body, Answer>): Route {
  const { method, path, surface, summary, status, faults } = options;
  const params = reader(options.params, 'path');
  const query = reader(options.query, 'query');
  const body = reader(options.body, 'body');
  return Object.freeze({
    method,
    path,
    surface,
    scope: options.scope ?? null,
    summary,
    status,
    faults,
    bodyMayLack: options.bodyMayLack ?? false,
    on: options.on ?? null,
    takesIdempotencyKey: options.takesIdempotencyKey ?? false,
    schemas: {
      params: options.params ?? null,
      query: options.query ?? null,
      body: options.body ?? null,
      answer: options.answer,
    },
    run: async (call: Call<unknown, unknown, unknown>) => {
      const answer = await options.handle({
        params: params(call.params),
        query: query(call.query),
        body: body(call.body),
        principal: call.principal,
        actor: call.actor,
        idempotencyKey: call.idempotencyKey,
        origin: call.origin,
        guard: call.guard,
        bytes: call.bytes,
        again: call.again,
        gone: call.gone,
      });
      return options.answer.parse(answer);
    },
  });
}

/** Reads one part of the input by its shape, or as nothing where none is declared. */
function reader<Schema extends z.ZodType>(
  schema: Schema | undefined,
  place: string,
): (input: unknown) => z.output<Schema> {
  const nothing = z.custom<z.output<Schema>>(isEmpty, { error: UNKNOWN_FIELDS });
  return (input) => {
    const result = schema === undefined ? nothing.safeParse(input) : schema.safeParse(input);
    if (result.success) return result.data;
    throw invalid(result.error, place);
  };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function invalid(error: z.ZodError, place: string): Fault {
  const fields = error.issues.slice(0, FIELDS_MAX).map((issue) => ({
    path: [place, ...issue.path.filter((_, at) => !isNameOfSender(issue, at)).map(String)].join('.'),
    // Messages of the schemas are ours and name no value; unknown fields are named by the sender, so they are cut.
    problem: issue.code === 'unrecognized_keys' ? UNKNOWN_FIELDS : issue.message,
  }));
  return new Fault('INVALID_REQUEST', { fields });
}

/** The name of a record's entry is the sender's text, unlike that of a field we declare. */
function isNameOfSender(issue: z.core.$ZodIssue, at: number): boolean {
  return issue.code === 'invalid_key' && at === issue.path.length - 1;
}
