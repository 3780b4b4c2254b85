// clock here: whoever verifies by hand does so now, unless they say when the message came.
import { open } from 'node:fs/promises';
import {
  type GenericSchemeConfig,
  genericScheme,
  parseSecret,
  parseSigningSecret,
  SCHEMES,
  type Scheme,
  SchemeFault,
} from '@sallyport/schemes';
import { z } from 'zod';
import { Problem, usageProblem } from '../problem.ts';

const CONFIGURATION_BYTES_MAX = 64 * 1024;
const HEADERS_BYTES_MAX = 256 * 1024;
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** The scheme of that name; of `generic`, the one that a file describes. Throws `USAGE`. */
export async function schemeOf(name: string | undefined, configuration?: string): Promise<Scheme> {
  if (name === 'generic' && configuration !== undefined) {
    const text = (await readBounded(configuration, CONFIGURATION_BYTES_MAX)).toString();
    return callersFault(() => genericScheme(parsed(text)));
  }
  const scheme = Object.values(SCHEMES).find((row) => row.name === name);
  if (scheme !== undefined) return scheme;
  if (name === 'generic')
    throw usageProblem('The generic scheme is configuration.', 'Name its file with --configuration.');
  throw usageProblem('There is no such scheme.', 'See `sallyport schemes list`.');
}

function parsed(text: string): GenericSchemeConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageProblem('The configuration of the scheme is not JSON.', 'See the README of packages/schemes.');
  }
  // genericScheme itself looks at every part of it, and names the one that is wrong.
  return z.custom<GenericSchemeConfig>().parse(value);
}

/** The bytes that verify: of a secret, or of a public key in PEM. */
export function verifierOf(scheme: Scheme, text: string): Uint8Array {
  return callersFault(() => parseSecret(scheme, text));
}

/** The bytes that sign: of the same secret, or of a private key in PEM. */
export function signerOf(scheme: Scheme, text: string): Uint8Array {
  return callersFault(() => parseSigningSecret(scheme, text));
}

/** Headers as Node's `rawHeaders`: the lines as they stand, repeated ones repeated. */
export async function readHeaders(path: string): Promise<readonly string[]> {
  const text = (await readBounded(path, HEADERS_BYTES_MAX)).toString('latin1');
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  return lines.flatMap((line, index) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    throw usageProblem(
      `Line ${index + 1} of the headers is not a header.`,
      'Write "name: value", a line each.',
    );
  });
}

export function readBody(path: string): Promise<Buffer> {
  return readBounded(path, BODY_BYTES_MAX);
}

/** `name=value` pairs. Throws `USAGE`. */
export function parametersOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw usageProblem('A parameter has no name.', 'Write --parameter name=value.');
    }),
  );
}

/** The moment named, or now. Throws `USAGE`. */
export function timeOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw usageProblem('--at is no moment.', 'Write it as 2026-01-31T12:00:00Z.');
}

/** What `packages/schemes` says its caller got wrong, as what it means to a person. */
export function callersFault<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof SchemeFault)) throw thrown;
    throw new Problem({
      code: thrown.code,
      message: thrown.message,
      remedy: 'See `sallyport schemes show <scheme>`.',
    });
  }
}

async function readBounded(path: string, bytesMax: number): Promise<Buffer> {
  const handle = await open(path).catch(() => {
    throw usageProblem('A file that was named can not be read.', 'It must be there, and be readable.');
  });
  try {
    const { size } = await handle.stat();
    if (size > bytesMax)
      throw usageProblem('A file that was named is too long.', `At most ${bytesMax} bytes.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
