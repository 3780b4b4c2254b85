import type { Command } from 'commander';
import { usageProblem } from '../problem.ts';
import { runs, textOption } from '../terminal/command.ts';
import { takesSecret } from '../terminal/secret.ts';

/** `sallyport listen`: the events of an environment on a developer's machine. */
export function addListen(program: Command): void {
  const listen = program
    .command('listen')
    .description(
      'Fetch events and forward each to an address on this machine, signed afresh, one readable line each.',
    )
    .requiredOption('--forward <url>', 'where to: http:// on this machine, or https://')
    .option(
      '--destination <id>',
      'the pull destination, dst_… (else one called "listen", made where there is none)',
    )
    .option('--skip', 'acknowledge what is waiting already, without forwarding it')
    .option('--keys', 'take keys from standard input although it is no terminal');
  takesSecret(listen, 'the secret to sign with, whsec_… (else one of this session is made),');
  runs(listen, async ({ terminal, options }) => {
    const keys = options['keys'] === true;
    if (keys && options['secretStdin'] === true)
      throw usageProblem(
        'Standard input can not be both the secret and keys.',
        'Keep --keys or --secret-stdin.',
      );
    const { runListen } = await import('../listen/run-listen.ts');
    await runListen({
      terminal,
      options,
      forward: textOption(options, 'forward') ?? '',
      destination: textOption(options, 'destination'),
      skip: options['skip'] === true,
      keys,
    });
  });
}
