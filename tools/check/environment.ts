import { delimiter, dirname, join } from 'node:path';

/** Variables of ours that tests may see: everything else of ours would make a result depend on who runs it. */
const ours = /^SALLYPORT_(?:VECTORS|TEST_[A-Z_]+)$/;
/** Postgres' and Node's own variables, which bend every client and every process. */
const foreign =
  /^(?:SALLYPORT_.*|DATABASE_URL|PG[A-Z]+|NODE_OPTIONS|NODE_COMPILE_CACHE|NODE_TEST_CONTEXT|NODE_CHANNEL_.*|NODE_ENV|FORCE_COLOR)$/;

/**
 * The environment of every check and test: the caller's, without what would change a result, with the run directory in it and the
 * pinned Node first on the path. `TMPDIR` lies in the run directory, so that the leak check sees what tests leave there.
 * Node keeps the compiled sources in `compiled`: hundreds of processes load the same ones, and compiling is half of that.
 * @example spawn(node, args, { env: scrubEnvironment({ root, run, compiled, inherited: process.env }) })
 */
export function scrubEnvironment({
  root,
  run,
  compiled,
  inherited,
}: {
  readonly root: string;
  readonly run: string;
  readonly compiled: string;
  readonly inherited: Readonly<Record<string, string | undefined>>;
}): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && (ours.test(name) || !foreign.test(name))) environment[name] = value;
  }
  const path = [dirname(process.execPath), join(root, 'node_modules', '.bin'), inherited['PATH'] ?? ''];
  environment['PATH'] = path.join(delimiter);
  environment['SALLYPORT_TEST_RUN_DIR'] = run;
  environment['SALLYPORT_TEST_KEEP'] = '1'; // databases stay, for the leak check
  environment['TMPDIR'] = join(run, 'tmp');
  environment['NODE_COMPILE_CACHE'] = compiled;
  environment['NO_COLOR'] = '1';
  return environment;
}
