import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { Problem, usageProblem } from '../problem.ts';
import { callsGateway, segment, understood } from '../remote/remote-command.ts';
import { textOption } from '../terminal/command.ts';
import { confirmed } from '../terminal/secret.ts';
import { facts, table } from '../terminal/table.ts';
import { retire } from './in-use.ts';

const shapes = () => import('../remote/shapes.ts');
const KEY = 'the id of the key, key_…';
const PEM_BYTES_MAX = 64 * 1024;

/** The schemes of requests and the algorithms of their keys, as docs/signing.md describes them. */
export const SIGNER_SCHEMES: readonly string[] = Object.freeze([
  'rfc9421',
  'mintmove',
  'orangebit',
  'unicyfalcon',
  'variznow',
  'voluti',
]);
export const SIGNER_ALGORITHMS: readonly string[] = Object.freeze(['hmac-sha256', 'ed25519', 'ml-dsa-65']);

/** `sallyport signers`: what requests of a key are signed with. */
export function addSigners(program: Command): void {
  const signers = program.command('signers').description('What requests of a key are signed with.');

  const list = signers
    .command('list')
    .description('List the signers of a key, newest first. No secret is ever shown again.')
    .argument('<key>', KEY);
  callsGateway(list, async ({ client, terminal, args }) => {
    const document = await client.call({ method: 'GET', path: `/keys/${segment(args[0])}/signers` });
    const { items } = understood((await shapes()).signersShape, document);
    terminal.data(document, () =>
      table({
        columns: ['ID', 'SCHEME', 'ALGORITHM', 'CREATED'],
        rows: items.map(({ id, scheme, algorithm, createdAt }) => [id, scheme, algorithm, createdAt]),
        none: '',
      }),
    );
    if (items.length === 0 && !terminal.json) terminal.say('It has no signers.');
  });

  const add = signers
    .command('add')
    .description('Let requests of a key be signed. A secret is printed this once, alone on stdout.')
    .argument('<key>', KEY)
    .addOption(new Option('--scheme <scheme>', 'how').choices(SIGNER_SCHEMES).makeOptionMandatory())
    .addOption(new Option('--algorithm <name>', 'with what').choices(SIGNER_ALGORITHMS).makeOptionMandatory())
    .option('--public-key-file <path>', 'your public key in PEM, for ed25519 and ml-dsa-65');
  callsGateway(add, async ({ client, terminal, options, args }) => {
    const [key] = args;
    const algorithm = textOption(options, 'algorithm');
    const file = textOption(options, 'publicKeyFile');
    if ((algorithm === 'hmac-sha256') !== (file === undefined)) {
      throw usageProblem(
        file === undefined ? 'A public key is missing.' : 'A public key is for other algorithms.',
        'For ed25519 and ml-dsa-65 give --public-key-file; for hmac-sha256 the gateway makes the secret.',
      );
    }
    const publicKey = file === undefined ? undefined : await readPublicKey(file);
    const body = { scheme: textOption(options, 'scheme'), algorithm, publicKey };
    const path = `/keys/${segment(key)}/signers`;
    const document = await client.call({ method: 'POST', path, body });
    const { signer, secret } = understood((await shapes()).newSignerShape, document);
    terminal.data(document, () => secret ?? facts([['id', signer.id], ...schemeFacts(signer)]));
    if (terminal.json) return;
    if (secret !== null)
      terminal.say(`Made ${signer.id}. The secret above is shown this once: keep it where secrets are kept.`);
    terminal.say(`Sign with it under the key id ${key}, as docs/signing.md says.`);
  });

  const retiring = signers
    .command('retire')
    .description('End a signer now. One that was used lately is refused, with who used it.')
    .argument('<key>', KEY)
    .argument('<signer>', 'the id of the signer, sgn_…')
    .option('--force', 'even if it is in use')
    .option('--yes', 'do not ask');
  callsGateway(retiring, async (called) => {
    const [key, signer = ''] = called.args;
    await confirmed({ ...called, question: `End ${signer}? What it signs is refused at once.` });
    const body = { signer, force: called.options['force'] === true };
    await retire(called.client, { path: `/keys/${segment(key)}/signers/retire`, key, body });
    called.terminal.data({ id: signer, retired: true }, () => `${signer} is retired.`);
  });
}

function schemeFacts(signer: { scheme: string; algorithm: string }): readonly (readonly [string, string])[] {
  return [
    ['scheme', signer.scheme],
    ['algorithm', signer.algorithm],
  ];
}

/** The text of a public key; a private one in its place is not sent to anybody. */
async function readPublicKey(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    throw new Problem({
      code: 'FILE_UNREADABLE',
      message: `${file} can not be read (${thrown.code ?? 'unknown'}).`,
      remedy: 'Check its name and mode.',
    });
  });
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw usageProblem(
      `${file} holds a private key, which was not sent.`,
      'Give the public half: openssl pkey -in private.pem -pubout -out public.pem',
    );
  }
  if (text.length <= PEM_BYTES_MAX && text.includes('-----BEGIN PUBLIC KEY-----')) return text;
  throw usageProblem(`${file} holds no public key in PEM.`, 'It begins with -----BEGIN PUBLIC KEY-----.');
}
