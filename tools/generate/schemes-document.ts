import { readdirSync } from 'node:fs';
import { describe } from '../../cli/src/schemes/description.ts';
import { SCHEMES, type Scheme } from '../../packages/schemes/src/index.ts';
import { type OracleFile, readOracleFile } from '../../packages/schemes/test/oracle-file.ts';
import { code, type GeneratedDocument, heading, table } from './document.ts';

/** `docs/schemes.md`: what each scheme signs, and what says so besides us. */
export const schemesDocument: GeneratedDocument = Object.freeze({
  path: 'docs/schemes.md',
  render() {
    const rows = Object.values(SCHEMES).sort((left, right) => (left.name < right.name ? -1 : 1));
    return `${heading('Webhook signature schemes')}
An endpoint verifies by one of these, or by \`generic\`, whose row is configuration ([its shape](../packages/schemes/README.md)). Try any of
them on a message at hand with \`sallyport schemes verify\`. What "checked" means:

- **both ways**: what Sallyport signs, the platform's own package takes, and what the package signs, Sallyport takes.
- **one way**: its package verifies but does not sign, or there is no such package, but a message that the platform has published with
  its signature.
- **documents**: its documentation, from which the scheme was written a second time (\`oracles/model/\`), with \`openssl\` for the
  signatures. Two readings of a page can share a mistake: try it with the platform's test event before you rely on it.
- **none**: nothing independent of Sallyport agreed with the row.

Every row, whichever way it was checked, has a file of valid and invalid messages in \`vectors/schemes/\`, whose signatures \`openssl\`
made. Those with a package have its verdict on each of them in \`vectors/oracles/\`; \`oracles/\` asks the packages again.

${table(
  ['Scheme', 'Platform', 'Signature', 'Signed content', 'Algorithm', 'Time'],
  rows.map((scheme) => {
    const { header, content, algorithm, encoding, time } = describe(scheme);
    return [
      `[${scheme.name}](#${scheme.name})`,
      scheme.title,
      header,
      content,
      `${algorithm}, ${encoding}`,
      time,
    ];
  }),
)}

## Checked against

${table(
  ['Scheme', 'Against', 'Ways', 'Since'],
  rows.map(({ name, checked }) => [code(name), checked.against, WAYS[checked.ways], checked.since]),
)}

${rows.map(section).join('\n')}`;
  },
});

const WAYS = Object.freeze({ both: 'both', one: 'one', documents: 'documents', none: '**none**' });

const folder = new URL('../../vectors/oracles/', import.meta.url);
const ORACLES: ReadonlyMap<string, OracleFile> = new Map(
  readdirSync(folder).map((name) => {
    const file = readOracleFile(new URL(name, folder));
    return [file.scheme, file];
  }),
);

function section(scheme: Scheme): string {
  const { also, secret } = describe(scheme);
  const oracle = ORACLES.get(scheme.name);
  const { parameters, acknowledgement: answer, challenge } = scheme;
  const facts = [
    ['Also read', also.map(code).join(', ')],
    ['Secret', code(secret)],
    ['To configure besides', parameters.map(({ name, meaning }) => `${code(name)} (${meaning})`).join('; ')],
    ['Answer when taken', [String(answer.status), code(answer.body)].filter((text) => text !== '').join(' ')],
    [
      'Asked before anything is sent',
      challenge === null ? '' : code(`${challenge.method} (${challenge.kind})`),
    ],
    ['Not covered', scheme.notCovered.join('; ')],
    ...scheme.differences.map((difference) => ['Difference', difference]),
    [
      'Package',
      oracle === undefined
        ? ''
        : `${code(oracle.package)} ${oracle.version}, asked about ${Object.keys(oracle.verdicts).length} vectors`,
    ],
    ['The package takes besides', (oracle?.takesBesides ?? []).join('; ')],
    ['The package refuses besides', (oracle?.refusesBesides ?? []).join('; ')],
    ['Source', scheme.source],
  ].filter(([, text]) => text !== '');
  return [
    `## ${scheme.name}`,
    '',
    `${scheme.title}.`,
    '',
    ...facts.map(([name, text]) => `- ${name}: ${text}`),
    '',
  ].join('\n');
}
