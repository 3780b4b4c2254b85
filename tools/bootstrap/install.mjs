import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { explainFailure } from './failures.mjs';
import { withLock } from './lock.mjs';
import { Problem } from './problem.mjs';

/** How often a line shows that the installation goes on, and how much of npm's own talk is kept for a failure. */
export const installLimits = Object.freeze({ progressMs: 5_000, outputCharactersMax: 20_000 });

const flags = Object.freeze([
  'ci',
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--loglevel=error',
  '--no-audit',
  '--no-fund',
  '--no-progress',
  '--no-update-notifier',
  '--fetch-retries=3',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=8000',
]);

/**
 * Makes node_modules what package-lock.json says, and returns whether that took an installation. Several at once wait for one
 * another. Talks through `say` only. Throws a Problem that says what to do.
 * @example await install({ root, say: (line) => process.stderr.write(`${line}\n`) })
 */
export async function install({ root, say, npm = findNpm(), limits = installLimits }) {
  if (isInStep(root)) return false;
  checkWritable(root);
  const path = join(root, '.sallyport-install.lock');
  const waiting = (pid) =>
    say(
      `Another start is installing the dependencies already (process ${pid ?? 'unknown'}); waiting for it.`,
    );
  return await withLock({ path, waiting }, async () => {
    if (isInStep(root)) return false;
    say('Installing the dependencies (about a minute the first time; only the npm registry is asked).');
    const started = Date.now();
    await run({ root, say, npm, limits, started });
    if (!holdsLockedPackages(root)) {
      throw new Problem(
        'npm finished, but node_modules does not hold what package-lock.json names.',
        'Remove the node_modules folder and run the same command again.',
      );
    }
    stamp(root);
    say(`Installed in ${seconds(started)} s.`);
    return true;
  });
}

/** Whether node_modules holds what package-lock.json names: by our stamp, else by the record that npm itself keeps there. */
export function isInStep(root) {
  if (
    read(stampPath(root)) === fingerprint(root) &&
    existsSync(join(root, 'node_modules', '.package-lock.json'))
  )
    return true;
  if (!holdsLockedPackages(root)) return false;
  try {
    stamp(root);
  } catch {
    // A reader without the right to write still gets the answer, only not the short cut.
  }
  return true;
}

function holdsLockedPackages(root) {
  const locked = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (locked === undefined)
    throw new Problem(
      'package-lock.json is missing or damaged.',
      'Restore it: git checkout package-lock.json',
    );
  if (present === undefined) return false;
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = present[path];
    if (found === undefined) return (entry.optional === true || entry.devOptional === true) && !fits(entry);
    if (entry.link === true) return found.link === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * Whether an optional package was made for this very machine, so that its absence means an incomplete installation. One that names
 * a libc has siblings for the others; one that names nothing hangs on an optional package that may be absent itself.
 */
function fits({ os, cpu, libc }) {
  return (
    os !== undefined &&
    cpu !== undefined &&
    libc === undefined &&
    allows(os, process.platform) &&
    allows(cpu, process.arch)
  );
}

function allows(list, value) {
  if (list === undefined) return true;
  const names = [list].flat();
  if (names.includes(`!${value}`)) return false;
  const wanted = names.filter((name) => !name.startsWith('!'));
  return wanted.length === 0 || wanted.includes(value);
}

function run({ root, say, npm, limits, started }) {
  return new Promise((resolve, reject) => {
    const child = spawn(npm.command, [...npm.prefix, ...flags], {
      cwd: root,
      env: npmEnvironment(root),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-limits.outputCharactersMax);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const progress = setInterval(() => say(`… still installing, ${seconds(started)} s`), limits.progressMs);
    const stop = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, stop);
    const settle = (act) => {
      clearInterval(progress);
      for (const signal of signals) process.removeListener(signal, stop);
      act();
    };
    child.on('error', (error) => settle(() => reject(explainFailure({ output: String(error), root, npm }))));
    child.on('close', (code, signal) =>
      settle(() => {
        if (code === 0) resolve();
        else if (signal !== null || code === 130 || code === 143)
          reject(
            new Problem('The installation was interrupted.', 'Run the same command again; it starts afresh.'),
          );
        else reject(explainFailure({ output, root, npm }));
      }),
    );
  });
}

/**
 * The npm that runs this program, on the Node it was started with: the one under node_modules is about to be replaced.
 * Outside npm, the one on the path.
 */
export function findNpm(environment = process.env) {
  const { npm_execpath: script, npm_node_execpath: node } = environment;
  if (script?.endsWith('npm-cli.js') && existsSync(script)) {
    const own = node !== undefined && existsSync(node) && !node.includes(`${sep}node_modules${sep}`);
    if (own) return { command: node, prefix: [script] };
  }
  return { command: 'npm', prefix: [] };
}

/** npm's environment: settings meant for the outer command (`npm start --json`, `--omit=dev`) don't bend the inner one. */
function npmEnvironment(root) {
  const environment = { ...process.env };
  const ignored =
    /^(?:npm_config_(?:json|dry_run|omit|only|production|global|location|workspaces?|include_workspace_root|silent|loglevel|if_present|package_lock|ignore_scripts|prefix|local_prefix)|node_env|init_cwd)$/i;
  for (const name of Object.keys(environment)) if (ignored.test(name)) delete environment[name];
  const own = join(root, 'node_modules');
  const kept = (environment.PATH ?? '')
    .split(delimiter)
    .filter((entry) => entry !== '' && !entry.startsWith(own + sep));
  environment.PATH = kept.join(delimiter);
  return environment;
}

function checkWritable(root) {
  const folders = [root, join(root, 'node_modules')].filter((folder) => existsSync(folder));
  for (const folder of folders) {
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch {
      throw new Problem(
        `The dependencies have to be installed, but this user may not write to ${folder}.`,
        'Run the command as the owner of that folder, or clone the repository to a folder of your own.',
      );
    }
  }
}

function stamp(root) {
  mkdirSync(dirname(stampPath(root)), { recursive: true });
  writeFileSync(stampPath(root), fingerprint(root));
}

function stampPath(root) {
  return join(root, 'node_modules', '.sallyport-installed');
}

function fingerprint(root) {
  const lock = read(join(root, 'package-lock.json')) ?? '';
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function seconds(started) {
  return Math.round((Date.now() - started) / 1000);
}
