import { mock } from 'node:test';
import type { Adapter, Received, Signed, ToSign } from './adapters/adapter.ts';

/** Asks a package, with its clock standing at the moment of the message: most of them read it themselves. */
export async function askToVerify(
  adapter: Adapter,
  given: { message: Received; nowMs: number },
): Promise<boolean> {
  return at(given.nowMs, () => adapter.verify(given.message));
}

export async function askToSign(adapter: Adapter, message: ToSign): Promise<Signed> {
  const { sign } = adapter;
  if (sign === null) throw new Error(`${adapter.package} can not sign`);
  return at(message.nowMs, () => sign(message));
}

/** Node's `request.headers` of what was sent: lower case, repeated ones joined. */
export function joinedHeaders(
  headers: readonly (readonly [string, string])[],
): Readonly<Record<string, string>> {
  const joined = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(joined);
}

async function at<Result>(nowMs: number, run: () => Promise<Result>): Promise<Result> {
  mock.timers.enable({ apis: ['Date'], now: nowMs });
  try {
    return await run();
  } finally {
    mock.timers.reset();
  }
}
