import { inspect } from 'node:util';
import { textOf, utf8 } from './bytes.ts';

const contents = new WeakMap<Secret, Uint8Array>();
const HIDDEN = '[secret]';

/**
 * A value that can't be printed, serialised or spread: a credential, a key, a token.
 *
 * `String(secret)`, template literals, `JSON.stringify`, `util.inspect` and structured clones show `[secret]` or
 * nothing. Its bytes come out only through {@link openSecret}, an import that a search finds.
 *
 * @example const secret = Secret.fromText('whsec_…'); log.info('loaded', { secret }); // [secret]
 */
export class Secret {
  private constructor(bytes: Uint8Array) {
    contents.set(this, bytes);
    Object.freeze(this);
  }

  static fromBytes(bytes: Uint8Array): Secret {
    return new Secret(Uint8Array.from(bytes));
  }

  static fromText(text: string): Secret {
    return new Secret(utf8(text));
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** The bytes of a secret. Every use of this is a place where a secret leaves its wrapping. */
export function openSecret(secret: Secret): Uint8Array {
  const bytes = contents.get(secret);
  if (bytes === undefined) throw new TypeError('not a secret of this process');
  return bytes;
}

/** The text of a secret that was made from text. */
export function openSecretText(secret: Secret): string {
  return textOf(openSecret(secret));
}
