import { Agent, request } from 'undici';

export interface ClientCall {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  readonly path: string;
  readonly key?: string;
  /** JSON when it is an object, else as it is. */
  readonly body?: object | Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON, in the shape that the test expects of it. */
  readonly json: ReadAs;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a test names the fields that it looks into; one that isn't there fails it
type ReadAs = <T = Record<string, unknown>>() => T;

/** A client over HTTPS that trusts one authority; closed after the test. */
export function withClient(
  t: { after(hook: () => Promise<void>): unknown },
  { url, ca }: { url: string; ca: string },
): (call: ClientCall) => Promise<ClientAnswer> {
  const dispatcher = new Agent({ connect: { ca } });
  t.after(() => dispatcher.destroy());
  return async ({ method = 'GET', path, key, body, headers = {} }) => {
    const isJson = body !== undefined && typeof body === 'object' && !(body instanceof Uint8Array);
    const answer = await request(url + path, {
      method,
      dispatcher,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      body: isJson ? JSON.stringify(body) : (body ?? null),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) };
  };
}
