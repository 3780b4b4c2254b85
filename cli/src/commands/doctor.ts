import type { Command } from 'commander';
import { runs } from '../terminal/command.ts';

const SIGNS = Object.freeze({
  ok: { sign: '✓', colour: 'green' },
  warn: { sign: '!', colour: 'yellow' },
  fail: { sign: '✗', colour: 'red' },
} as const);

/** `sallyport doctor`: looks at everything a gateway needs, and says what to do. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('Check what a gateway needs, each with what to do. Fails when one check does.')
    .option(
      '--config <file>',
      'the configuration file; sallyport.yaml where the command runs, if it is there',
    )
    .option(
      '--platforms',
      'sign in at the platform of every connection, and compare the clock with its host',
    );
  runs(command, async ({ terminal, options }) => {
    const { examine } = await import('../doctor/examine.ts');
    const findings = await examine({ options, platforms: options['platforms'] === true });
    const failed = findings.filter(({ state }) => state === 'fail').length;
    terminal.data({ ok: failed === 0, checks: findings }, () =>
      findings
        .map(({ check, state, message, remedy }) => {
          const { sign, colour } = SIGNS[state];
          const line = `${terminal.paint(colour, sign)} ${check.padEnd(13)}  ${message}`;
          return remedy === undefined
            ? line
            : `${line}\n  ${' '.repeat(13)}  ${terminal.paint('dim', remedy)}`;
        })
        .join('\n'),
    );
    if (failed > 0) process.exitCode = 1;
  });
}
