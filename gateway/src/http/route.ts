import { z } from 'zod';
import type { Principal } from '#access';
import { type Actor, Fault, type FaultCode } from '#base';

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
}

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
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
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
  readonly summary: string;
  readonly status: 200 | 201 | 204;
  readonly faults: readonly FaultCode[];
  readonly schemas: {
    readonly params: z.ZodType | null;
    readonly query: z.ZodType | null;
    readonly body: z.ZodType | null;
    readonly answer: z.ZodType;
  };
  readonly run: (call: Call<unknown, unknown, unknown>) => Promise<unknown>;
}

const nothing = z.strictObject({});
const FIELDS_MAX = 20;

/**
 * Declares a route. Input is parsed before `handle` sees it and the answer on its way out, so that a field nobody
 * declared neither enters nor leaves.
 */
export function route<
  Answer extends z.ZodType,
  Params extends z.ZodType = typeof nothing,
  Query extends z.ZodType = typeof nothing,
  Body extends z.ZodType = typeof nothing,
>(options: RouteOptions<Params, Query, Body, Answer>): Route {
  const { method, path, surface, summary, status, faults } = options;
  const params: z.ZodType = options.params ?? nothing;
  const query: z.ZodType = options.query ?? nothing;
  const body: z.ZodType = options.body ?? nothing;
  return Object.freeze({
    method,
    path,
    surface,
    summary,
    status,
    faults,
    schemas: {
      params: options.params ?? null,
      query: options.query ?? null,
      body: options.body ?? null,
      answer: options.answer,
    },
    run: async (call: Call<unknown, unknown, unknown>) => {
      const answer = await options.handle({
        params: parse(params, call.params, 'path') as z.output<Params>,
        query: parse(query, call.query, 'query') as z.output<Query>,
        body: parse(body, call.body, 'body') as z.output<Body>,
        principal: call.principal,
        actor: call.actor,
      });
      return options.answer.parse(answer);
    },
  });
}

function parse(schema: z.ZodType, input: unknown, place: string): unknown {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const fields = result.error.issues.slice(0, FIELDS_MAX).map((issue) => ({
    path: [place, ...issue.path.filter((_, at) => !isNameOfSender(issue, at)).map(String)].join('.'),
    // Messages of the schemas are ours and name no value; unknown fields are named by the sender, so they are cut.
    problem: issue.code === 'unrecognized_keys' ? 'has fields that are not known here' : issue.message,
  }));
  throw new Fault('INVALID_REQUEST', { fields });
}

/** The name of a record's entry is the sender's text, unlike that of a field we declare. */
function isNameOfSender(issue: z.core.$ZodIssue, at: number): boolean {
  return issue.code === 'invalid_key' && at === issue.path.length - 1;
}
