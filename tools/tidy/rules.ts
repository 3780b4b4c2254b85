import type { Rule } from './rule.ts';
import { clock } from './rules/clock.ts';
import { outwardConnections } from './rules/connections.ts';
import { crypto } from './rules/crypto.ts';
import { dependencies, lockfile } from './rules/dependencies.ts';
import { environmentVariables } from './rules/environment-variables.ts';
import { packageImports } from './rules/package-imports.ts';
import { roomImports } from './rules/room-imports.ts';
import { roomTable } from './rules/room-table.ts';
import { tables } from './rules/tables.ts';
import { fileLength, folderNames, machinePathsRule, tests, unfinished } from './rules/text.ts';

/** Every rule, in the order in which findings are shown. */
export const rules: readonly Rule[] = Object.freeze([
  roomTable,
  roomImports,
  packageImports,
  tables,
  environmentVariables,
  clock,
  crypto,
  outwardConnections,
  fileLength,
  unfinished,
  folderNames,
  machinePathsRule,
  tests,
  dependencies,
  lockfile,
]);
