import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { findRuntime } from './runtime.mjs';

/** The folder of the clone. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Installs what is missing and returns the path of the Node to run on. Everything said goes to stderr. */
export async function prepare() {
  if (process.platform !== 'win32') await install({ root, say: (line) => process.stderr.write(`${line}\n`) });
  return findRuntime({ root });
}
