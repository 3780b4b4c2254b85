/**
 * The text that a message signature signs (RFC 9421 section 2.5): a line for each component, then the parameters. The
 * identifiers and the parameters are the text of `Signature-Input` itself, since that is what the signer wrote.
 *
 * @example
 * signatureBase({ components: [{ identifier: '"@method"', value: 'GET' }], parameters: '("@method");created=1' });
 */
export function signatureBase({ components, parameters }: SignatureBaseInput): string {
  const lines = components.map(({ identifier, value }) => `${identifier}: ${value}\n`);
  return `${lines.join('')}"@signature-params": ${parameters}`;
}

export interface SignatureBaseInput {
  readonly components: readonly ComponentValue[];
  /** The inner list with its parameters. */
  readonly parameters: string;
}

export interface ComponentValue {
  /** The quoted name with its parameters, such as `"@query-param";name="Pet"`. */
  readonly identifier: string;
  /** Without white space around it. */
  readonly value: string;
}
