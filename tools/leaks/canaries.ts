import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The secrets and personal data that tests use. None is real; each is valid in form (Luhn, IBAN check digits) and occurs nowhere by
 * chance. After the tests every log, error and database page of the run is searched for them, in every usual encoding.
 */
const values = Object.freeze({
  __proto__: null,
  /** A platform credential's secret, of 40 characters. */
  platformSecret: 'cnrySecretQ7vTz3mK9xWb2LpR5dYh8sJf4GnUe6',
  /** A webhook signing secret, of 32 bytes. */
  webhookSecret: 'cnryHookW4kZp8Rt6Yx2Vb9Nq3Lm7Jd5',
  /** A platform's bearer token. */
  bearerToken: 'cnryBearerT0k8QwXz5RvBn2MsLp7YhKd3GfJe9Ua6Ct4Io1',
  /** A password, with characters that encodings change. */
  password: 'cnry+Pa55/word=7Rk&Zt"9wQ',
  /** A database password as it stands in a URL. */
  databasePassword: 'cnryDbPw3HtYv8KqNz6XsRm4',
  /** A Visa test number from a range that no issuer uses; passes Luhn. */
  cardNumber: '4929117358046623',
  email: 'cnry.holder.q8vk@leak-check.example',
  /** E.164, from a range reserved for fiction, with digits of our own behind it. */
  phone: '+447700900736418',
  /** Passes the IBAN check (mod 97). */
  iban: 'GB60CNRY73649182055917',
  /** A person's name with characters outside ASCII. */
  personName: 'Zdzisława Cnry-Kowalëwska',
  documentNumber: 'CNRY73649182XK5',
});

export type CanaryName = Exclude<keyof typeof values, '__proto__'>;

/** Every canary's name, in a fixed order. */
export const canaryNames: readonly CanaryName[] = Object.freeze(
  Object.keys(values).filter((name): name is CanaryName => Object.hasOwn(values, name)),
);

/**
 * The value to use as a secret or personal datum in a test; that it was planted is noted in the run directory.
 * @example await connections.create({ ...rest, credential: { clientId: 'demo', secret: canary('platformSecret') } }, actor);
 */
export function canary(name: CanaryName): string {
  const run = process.env['SALLYPORT_TEST_RUN_DIR'];
  if (run !== undefined) {
    const folder = join(run, 'planted');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), '');
  }
  return values[name];
}

/** The value without the note: for the search itself. */
export function canaryValue(name: CanaryName): string {
  return values[name];
}
