import { open, readFile, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { Problem, toProblem } from '../problem.ts';
import { callsGateway, lists, understood } from '../remote/remote-command.ts';
import { listOption, runs, textOption } from '../terminal/command.ts';

const shapes = () => import('../remote/shapes.ts');

/** `sallyport audit`: the log, and the proof that nothing in it was changed. */
export function addAudit(program: Command): void {
  const audit = program.command('audit').description('The log of every act, and its proof.');
  const list = audit
    .command('list')
    .description('List entries, newest first.')
    .option('--action <action>', 'such as key.created')
    .option('--resource <resource>', 'such as connection:con_…');
  lists(list, {
    path: '/audit/entries',
    query: (options) => ({
      action: textOption(options, 'action'),
      resource: textOption(options, 'resource'),
    }),
    shapes: async () => (await shapes()).entryShape,
    columns: ['INDEX', 'TIME', 'ACTION', 'OUTCOME', 'ACTOR', 'RESOURCE'],
    row: ({ index, entry }) => [
      index === null ? 'pending' : String(index),
      entry.time,
      entry.action,
      entry.outcome,
      entry.actor.id ?? entry.actor.kind,
      entry.resource,
    ],
    none: 'There are no entries.',
  });

  const exported = audit
    .command('export')
    .description('Export the whole log of the environment for `audit verify`.')
    .requiredOption('--out <file>', 'where to write it; replaced when it is there');
  callsGateway(exported, async ({ client, terminal, options }) => {
    const file = textOption(options, 'out') ?? '';
    const bytes = await writeWhole(file, client.stream('/audit/export'));
    terminal.data({ file, bytes }, () => file);
    if (!terminal.json) terminal.say(`${bytes} bytes. Check them with: sallyport audit verify ${file}`);
  });

  const checkpoint = audit
    .command('checkpoint')
    .description('Print the newest signed checkpoint. Keep it, and the verifier key, somewhere else.');
  callsGateway(checkpoint, async ({ client, terminal }) => {
    const document = await client.call({ method: 'GET', path: '/audit/checkpoint' });
    const found = understood((await shapes()).checkpointShape, document);
    terminal.data(document, () => found.checkpoint ?? '');
    if (!terminal.json) terminal.say(`Verifier key: ${found.verifierKey}`);
  });

  const verify = audit
    .command('verify')
    .description('Verify an export offline: says which entry was changed, left out, moved, added or cut off.')
    .argument('<file>', 'what `audit export` wrote')
    .option('--verifier-key <key>', 'the key the log is known to sign with, from elsewhere')
    .option('--known-checkpoint <file>', 'a checkpoint kept from before; can be repeated', collect, []);
  runs(verify, async ({ terminal, args, options }) => {
    const { describeProblem, verifyExport } = await import('@sallyport/evidence');
    const verifierKey = textOption(options, 'verifierKey');
    const known = await Promise.all(listOption(options, 'knownCheckpoint').map((file) => readText(file)));
    const file = args[0] ?? '';
    const handle = await open(file).catch((thrown: unknown) => Promise.reject(unreadable(file, thrown)));
    const lines = handle.readLines({ encoding: 'utf8' });
    const report = await verifyExport(lines, {
      ...(verifierKey === undefined ? {} : { verifierKey }),
      knownCheckpoints: known,
    }).catch((thrown: unknown) => Promise.reject(refusedKey(thrown)));
    terminal.data(
      {
        ...report,
        problems: report.problems.map((problem) => ({ ...problem, text: describeProblem(problem) })),
      },
      () =>
        report.ok
          ? `${report.entries} entries of ${report.environment ?? 'no environment'}: none was changed, left out, moved, added or cut off.`
          : report.problems.map(describeProblem).join('\n'),
    );
    if (!terminal.json) for (const note of report.notes) terminal.say(terminal.paintTalk('dim', note));
    if (!report.ok) process.exitCode = 1;
  });
}

function collect(given: string, before: readonly string[]): readonly string[] {
  return [...before, given];
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((thrown: unknown) => Promise.reject(unreadable(file, thrown)));
}

function unreadable(file: string, thrown: unknown): Problem {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
  return new Problem({
    code: 'FILE_UNREADABLE',
    message: `${file} can not be read (${code}).`,
    remedy: 'Check its name and mode.',
  });
}

function refusedKey(thrown: unknown): unknown {
  if (!(thrown instanceof Error && thrown.name === 'EvidenceError')) return thrown;
  return new Problem({
    code: 'VERIFIER_KEY_REFUSED',
    message: 'The verifier key is none.',
    remedy: 'Give the line that `sallyport audit checkpoint` printed.',
    exitCode: 2,
  });
}

/** Writes a stream to a file that appears whole or not at all. */
async function writeWhole(file: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  let bytes = 0;
  try {
    const handle = await open(unfinished, 'w', 0o600).catch((thrown: unknown) =>
      Promise.reject(toWritable(file, thrown)),
    );
    try {
      for await (const chunk of chunks) {
        await handle.write(chunk);
        bytes += chunk.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
    return bytes;
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw thrown;
  }
}

function toWritable(file: string, thrown: unknown): Problem {
  const problem = toProblem(thrown);
  if (problem.code !== 'INTERNAL') return problem;
  return new Problem({
    code: 'FILE_NOT_WRITABLE',
    message: `${file} can not be written.`,
    remedy: 'Name a file in a folder that is there.',
  });
}
