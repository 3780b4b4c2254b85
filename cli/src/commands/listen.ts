import type { Command } from 'commander';
import { usageProblem } from '../problem.ts';
import { runs, textOption } from '../terminal/command.ts';
import { parseDuration } from '../terminal/duration.ts';
import { takesSecret } from '../terminal/secret.ts';

const AGAIN_SECONDS = 30;
const AGAIN_SECONDS_MIN = 2;
const AGAIN_SECONDS_MAX = 3_600;

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
    .option('--again-after <duration>', 'when what was not taken comes again', parseDuration, AGAIN_SECONDS)
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
      againSeconds: againOption(options['againAfter']),
      skip: options['skip'] === true,
      keys,
    });
  });
}

function againOption(given: unknown): number {
  if (typeof given === 'number' && given >= AGAIN_SECONDS_MIN && given <= AGAIN_SECONDS_MAX) return given;
  throw usageProblem('--again-after is out of bounds.', 'Give a time from 2s to 1h.');
}
