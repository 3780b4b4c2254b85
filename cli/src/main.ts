import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAudit } from './commands/audit.ts';
import { addConfig } from './commands/config.ts';
import { addConnections } from './commands/connections.ts';
import { addDeliveries } from './commands/deliveries.ts';
import { addDestinations } from './commands/destinations.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEndpoints } from './commands/endpoints.ts';
import { addEnvironments } from './commands/environments.ts';
import { addEvents } from './commands/events.ts';
import { addKeys } from './commands/keys.ts';
import { addListen } from './commands/listen.ts';
import { addMigrate } from './commands/migrate.ts';
import { addSigners } from './commands/signers.ts';
import { addUp } from './commands/up.ts';
import { scrub, usageProblem } from './problem.ts';
import { report } from './terminal/report.ts';
import { createTerminal } from './terminal/terminal.ts';

/**
 * Runs one command line. Exit codes: 0 done, 1 failed, 2 called wrongly.
 *
 * @example await main(['keys', 'list', '--json']);
 */
export async function main(args: readonly string[]): Promise<void> {
  const terminal = createTerminal({ json: args.includes('--json') });
  // Whoever reads our output may stop reading: `| head` is no failure of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit());
  // What nobody awaited still ends in words, and ends what was started: children hear that their channel broke.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (thrown: unknown) => process.exit(report(thrown, terminal)));
  }
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) process.exitCode = report(thrown, terminal);
    else if (thrown.exitCode !== 0) process.exitCode = report(misuse(thrown), terminal);
  }
}

/** Every command, for the command line and for its document. */
export function createProgram(): Command {
  const program = new Command('sallyport')
    .description('A self-hosted security gateway for payment APIs.')
    .version(VERSION, '-V, --version', 'print the version')
    .addHelpText('after', EPILOGUE)
    .helpCommand(false)
    .enablePositionalOptions();
  for (const add of COMMANDS) add(program);
  configure(program);
  return program;
}

const VERSION = manifest.version;
const EPILOGUE = `
Exit codes: 0 done, 1 failed, 2 called wrongly. Data goes to stdout, talk to stderr.
With --json, stdout holds one JSON document (NDJSON for streams), also for errors.

Commands that call a gateway take it from SALLYPORT_URL, SALLYPORT_ADMIN_KEY_FILE (or
SALLYPORT_ADMIN_KEY) and SALLYPORT_CA_FILE, else from the .sallyport folder of \`npm start\`.`;

const COMMANDS = Object.freeze([
  addDev,
  addUp,
  addMigrate,
  addDoctor,
  addConfig,
  addEnvironments,
  addKeys,
  addSigners,
  addConnections,
  addEndpoints,
  addDestinations,
  addDeliveries,
  addEvents,
  addListen,
  addAudit,
]);

/** Throws in place of ending the process; how a mistake is told is ours. */
function configure(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: false });
  if (command.commands.length > 0) {
    command.action(() => {
      const wanted = command.args.find((argument) => !argument.startsWith('-'));
      throw usageProblem(
        wanted === undefined ? 'A command is missing.' : `There is no command "${scrub(wanted)}".`,
        `See \`${pathOf(command)} --help\`.`,
      );
    });
    command.allowExcessArguments().allowUnknownOption();
  }
  for (const inner of command.commands) configure(inner);
}

function misuse({ message }: CommanderError) {
  const text = scrub(message.replace(/^error: /, '').replaceAll('\n', ' '));
  return usageProblem(
    `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, '.'),
    'Add --help to see how it is called.',
  );
}

function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}
