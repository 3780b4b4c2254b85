import {
  ALL_SETTINGS,
  FILE_VARIABLE,
  INSECURITIES,
  LIMITS,
  type Setting,
  variableOf,
} from '../../gateway/src/base/index.ts';
import { code, type GeneratedDocument, heading, table } from './document.ts';

/** `docs/config.md`: the settings, the limits with their bounds, and what a production start refuses. */
export const configDocument: GeneratedDocument = Object.freeze({
  path: 'docs/config.md',
  render() {
    const settings = ALL_SETTINGS.filter((row) => !row.name.startsWith('limits.'));
    const limits = Object.entries(LIMITS).map(([name, { value, min, max, about }]) => {
      return [
        code(`limits.${name}`),
        code(variableOf(`limits.${name}`)),
        ...[value, min, max].map(grouped),
        about,
      ];
    });
    return `${heading('Configuration')}
A setting comes from, the strongest first:

1. what the command itself decides (\`sallyport up\` is always in production mode),
2. a variable of the environment; an empty one counts as not set,
3. the configuration file: the one named by \`--config\` or ${code(FILE_VARIABLE)}, else \`sallyport.yaml\` in the working directory if there is one,
4. its default.

\`sallyport config explain\` shows every setting, its value and where it came from. Names that are not in these tables refuse the start, in
the file and among the variables that begin with \`SALLYPORT_\`. Relative paths begin at the folder of the file that holds them, or at the
working directory. Lists are YAML sequences in the file and separated by commas in variables.

Secrets never stand in the file: it refers to them as \`env:NAME\` or \`file:PATH\`. A variable of a secret also exists as \`…_FILE\`, which
names a file with the secret in it; one line end at its end is not part of the secret. Such a file must not be readable by others than its
owner (mode 0600 or 0400).

\`\`\`yaml
databaseUrl: file:/run/secrets/database-url
publicUrl: https://gateway.example
listen: { host: 0.0.0.0, port: 8443 }
tls: { certFile: /etc/sallyport/tls.crt, keyFile: /etc/sallyport/tls.key }
outbound:
  declaredHosts: [orders.internal]
limits: { webhookBodyBytesMax: 2097152 }
\`\`\`

## Settings

${table(['Setting', 'Variable', 'Accepts', 'Default', 'About'], settings.filter((row) => row.reader === 'gateway').map(settingRow))}

## Settings of commands that call a gateway

Variables only.

${table(['Setting', 'Variable', 'Accepts', 'Default', 'About'], settings.filter((row) => row.reader === 'client').map(settingRow))}

## Limits

Sizes are in bytes where the name says so, times in milliseconds or seconds. A value outside the bounds refuses the start.

${table(['Setting', 'Variable', 'Default', 'Least', 'Most', 'What it limits'], limits)}

## What a production start refuses

${table(
  ['Code', 'What to do'],
  Object.entries(INSECURITIES).map(([name, remedy]) => [code(name), remedy]),
)}
`;
  },
});

function settingRow(row: Setting<unknown>): string[] {
  const variables = row.variables.flatMap((name) => (row.isSecret ? [name, `${name}_FILE`] : [name]));
  const about = row.isForDevelopment ? `${row.about} For development only.` : row.about;
  return [code(row.name), variables.map(code).join(', '), row.parser.kind, row.initialText, about];
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}
