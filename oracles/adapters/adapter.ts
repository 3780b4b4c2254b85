/** A platform's own npm package, behind one shape. `verify` resolves to whether the package takes the message. */
export interface Adapter {
  readonly scheme: string;
  readonly package: string;
  /** What of the package is called, for the document. */
  readonly calls: string;
  readonly verify: (message: Received) => Promise<boolean>;
  readonly sign: ((message: ToSign) => Promise<Signed>) | null;
}

export interface Received {
  /** As a person would configure it: the text of a secret, or a public key in PEM. */
  readonly secret: string;
  /** As Node's `request.headers`: names in lower case, repeated ones joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly url: string;
  readonly target: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface ToSign {
  readonly secret: string;
  readonly id: string;
  readonly nowMs: number;
  readonly body: Buffer;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Signed {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** What a package takes a message for when it says so by not throwing. */
export async function unlessThrown(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
}
