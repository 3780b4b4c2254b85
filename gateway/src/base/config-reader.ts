import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearestName } from './config-nearest.ts';
import type { ParseContext, RawValue } from './config-parsers.ts';
import { ALL_SETTINGS, FILE_VARIABLE, type Setting } from './config-settings.ts';
import { besideFile, readSecretFile, readSettingsFile, SourceProblem } from './config-sources.ts';
import { Fault } from './fault.ts';

/** Where each setting's value came from, by its name: `default`, `file`, `command`, or the variable. */
export type Origins = ReadonlyMap<string, string>;

export interface ReaderOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly file?: string;
  readonly overrides?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly reads: 'gateway' | 'client';
}

/** Takes settings one by one from where they stand, and collects every problem on the way. */
export interface Reader {
  take<T>(row: Setting<T>): T;
  refuse(path: string, problem: string): void;
  /** Where each value came from; throws `CONFIG_INVALID` with every problem when there was one. */
  finish(): Origins;
  readonly file: string | null;
}

interface Problem {
  readonly path: string;
  readonly problem: string;
}

const DEFAULT_FILE = 'sallyport.yaml';
/** Of tests and of build tools; not settings. */
const FOREIGN = /^SALLYPORT_(TEST_.*|VECTORS)$/;

interface Found {
  readonly raw: RawValue;
  readonly origin: string;
  readonly context: ParseContext;
}

/** A reader of the settings of a gateway, or of the commands that call one. */
export function createReader(options: ReaderOptions): Reader {
  const { env, cwd, reads } = options;
  const overrides = new Map(Object.entries(options.overrides ?? {}));
  const problems: Problem[] = [];
  const origins = new Map<string, string>();
  const refuse = (path: string, problem: string): void => {
    problems.push({ path, problem });
  };

  const file =
    reads === 'gateway'
      ? configFile({ env, cwd, ...(options.file === undefined ? {} : { file: options.file }) })
      : null;
  const inFile =
    file === null
      ? new Map<string, RawValue>()
      : (attempt(file, () => readSettingsFile(file)) ?? new Map<string, RawValue>());
  const referred = [...inFile.values()].flatMap((raw) =>
    typeof raw === 'string' && raw.startsWith('env:') ? [raw.slice(4)] : [],
  );
  for (const problem of unknownNames({ inFile, overrides, variables: Object.keys(env), referred }))
    problems.push(problem);

  function attempt<T>(path: string, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SourceProblem)) throw error;
      refuse(path, error.message);
      return null;
    }
  }

  function find(row: Setting<unknown>): Found | null {
    const override = overrides.get(row.name);
    if (override !== undefined) {
      const raw = typeof override === 'number' ? String(override) : override;
      return { raw, origin: 'command', context: { folder: cwd } };
    }
    for (const variable of row.variables) {
      const found = findVariable(row, variable);
      if (found !== null) return found;
    }
    const raw = inFile.get(row.name);
    if (raw === undefined || file === null) return null;
    return row.isSecret
      ? findReferred(row.name, raw, file)
      : { raw, origin: 'file', context: { folder: besideFile(file, '.') } };
  }

  function findVariable(row: Setting<unknown>, variable: string): Found | null {
    const open = env[variable] ?? '';
    const secretFile = row.isSecret ? (env[`${variable}_FILE`] ?? '') : '';
    if (open !== '' && secretFile !== '') {
      refuse(row.name, `is set by both ${variable} and ${variable}_FILE; keep one`);
      return null;
    }
    if (open !== '') return { raw: open, origin: variable, context: { folder: cwd } };
    if (secretFile === '') return null;
    const raw = attempt(`${variable}_FILE`, () => readSecretFile(resolve(cwd, secretFile)));
    return raw === null ? null : { raw, origin: `${variable}_FILE`, context: { folder: cwd } };
  }

  /** A secret in the file is a reference (K1): `env:NAME` or `file:PATH`. */
  function findReferred(name: string, raw: RawValue, source: string): Found | null {
    const context = { folder: besideFile(source, '.') };
    const [, scheme, target] = /^(env|file):(.+)$/.exec(typeof raw === 'string' ? raw : '') ?? [];
    if (scheme === undefined || target === undefined) {
      refuse(
        name,
        'is a secret and must not stand in the file; write env:NAME or file:PATH, and replace it: it is known now',
      );
      return null;
    }
    if (scheme === 'file') {
      const text = attempt(name, () => readSecretFile(besideFile(source, target)));
      return text === null ? null : { raw: text, origin: 'file:', context };
    }
    const text = env[target] ?? '';
    if (text === '') refuse(name, 'names a variable that is not set');
    return text === '' ? null : { raw: text, origin: 'env:', context };
  }

  function take<T>(row: Setting<T>): T {
    const found = find(row);
    origins.set(row.name, found?.origin ?? 'default');
    if (found === null) return row.initial;
    const parsed = row.parser.parse(found.raw, found.context);
    if (parsed.ok) return parsed.value;
    refuse(
      found.origin.startsWith('SALLYPORT_') ? `${row.name} (${found.origin})` : row.name,
      parsed.problem,
    );
    return row.initial;
  }

  function finish(): Origins {
    if (problems.length === 0) return origins;
    const list = problems.map(({ path, problem }) => `${path} ${problem}`).join('; ');
    throw new Fault('CONFIG_INVALID', {
      detail: `The configuration has ${problems.length} problem(s): ${list}.`,
      fields: problems,
    });
  }

  return { take, refuse, finish, file };
}

function configFile(options: {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  file?: string;
}): string | null {
  const named = options.file ?? options.env[FILE_VARIABLE] ?? '';
  if (named !== '') return resolve(options.cwd, named);
  const usual = resolve(options.cwd, DEFAULT_FILE);
  return existsSync(usual) ? usual : null;
}

function unknownNames(given: {
  inFile: ReadonlyMap<string, RawValue>;
  overrides: ReadonlyMap<string, unknown>;
  variables: readonly string[];
  referred: readonly string[];
}): Problem[] {
  const names = ALL_SETTINGS.filter((row) => row.reader === 'gateway').map((row) => row.name);
  const secretFiles = ALL_SETTINGS.filter((row) => row.isSecret).flatMap((row) =>
    row.variables.map((variable) => `${variable}_FILE`),
  );
  const variables = [FILE_VARIABLE, ...ALL_SETTINGS.flatMap((row) => row.variables), ...secretFiles];
  const strange = given.variables.filter(
    (name) =>
      name.startsWith('SALLYPORT_') &&
      !FOREIGN.test(name) &&
      !variables.includes(name) &&
      !given.referred.includes(name),
  );
  return [
    ...[...given.inFile.keys(), ...given.overrides.keys()]
      .filter((name) => !names.includes(name))
      .map((name) => unknown(name, names)),
    ...strange.map((name) => unknown(name, variables)),
  ];
}

function unknown(name: string, known: readonly string[]): Problem {
  const nearest = nearestName(name, known);
  return {
    path: name.slice(0, 100),
    problem: `is not a setting${nearest === null ? '' : `; did you mean ${nearest}?`}`,
  };
}
