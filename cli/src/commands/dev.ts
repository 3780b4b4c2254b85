import { type Command, InvalidArgumentError } from 'commander';
import { usageProblem } from '../problem.ts';
import { type Called, type Options, runs } from '../terminal/command.ts';

const DEFAULT_PORTS = Object.freeze({ port: 8443, sandboxPort: 9443, demoPort: 8444 });

/** `sallyport dev`: what `npm start` runs. */
export function addDev(program: Command): void {
  const command = program
    .command('dev')
    .description('Start everything for development: database, gateway, sandbox and demo application.')
    .option('--port <port>', 'port of the gateway, 0 for any', portNumber)
    .option('--sandbox-port <port>', 'port of the sandbox', portNumber, DEFAULT_PORTS.sandboxPort)
    .option('--demo-port <port>', 'port of the demo application', portNumber, DEFAULT_PORTS.demoPort)
    .option('--reset', 'delete what earlier starts have kept, and start anew')
    .option('--yes', 'do not ask before --reset');
  runs(command, run);
}

async function run({ terminal, options }: Called): Promise<void> {
  const port = numberOption(options, 'port');
  const ports = { sandbox: numberOption(options, 'sandboxPort'), demo: numberOption(options, 'demoPort') };
  const { runDev } = await import('../dev/run-dev.ts');
  await runDev({
    terminal,
    ports: {
      gateway: port,
      sandbox: ports.sandbox ?? DEFAULT_PORTS.sandboxPort,
      demo: ports.demo ?? DEFAULT_PORTS.demoPort,
    },
    reset: options['reset'] === true,
    yes: options['yes'] === true,
  });
}

/** A port on the command line. */
export function portNumber(given: string): number {
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
  return port;
}

function numberOption(options: Options, name: string): number | undefined {
  const value = options[name];
  if (value === undefined || typeof value === 'number') return value;
  throw usageProblem(`--${name} is not a number.`, 'Give a whole number.');
}
