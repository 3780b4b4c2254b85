/** Calls whose bodies are known: what is sent to one of these is checked before anything is sent (K16). Data, no code. */
export interface RequestRule {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** By whole segments; `{name}` stands for any one. */
  readonly path: string;
  readonly body: ObjectShape;
}

export interface ObjectShape {
  readonly fields: Readonly<Record<string, FieldShape>>;
  readonly rules?: readonly FieldRule[];
}

/** What the value of one field must be. Every text is bounded, and none holds what cleaning would take out (K17). */
export type FieldShape =
  /** Free text, 255 characters at most. */
  | { readonly is: 'text' | 'email' | 'phone' | 'date' | 'web-address' }
  | { readonly is: 'boolean' }
  /** An id of the platform's own, an id of the application's, a code of a currency or of a token. */
  | { readonly is: 'id' | 'external-id' | 'symbol' }
  | { readonly is: 'one-of'; readonly values: readonly string[] }
  /** A number in the unit people speak of, of the currency that the field named holds. */
  | { readonly is: 'amount'; readonly currencyField: string }
  | { readonly is: 'list'; readonly items: FieldShape; readonly itemsMax: number }
  | { readonly is: 'object'; readonly shape: ObjectShape }
  /** Free text or an object of whatever fields. */
  | { readonly is: 'text-or-object' };

/** What ties fields together; without `when`, always. */
export type FieldRule = { readonly when?: Condition } & (
  | {
      readonly rule: 'required' | 'left-out' | 'exactly-one' | 'at-most-one' | 'together';
      readonly fields: readonly string[];
    }
  /** Symbols that must be currencies of ISO 4217. */
  | { readonly rule: 'currency'; readonly fields: readonly string[] }
  | { readonly rule: 'items'; readonly field: string; readonly count: number }
  /** The form of a text by what another field says it is; forms that are not listed are free. */
  | {
      readonly rule: 'form';
      readonly field: string;
      readonly by: string;
      readonly forms: Readonly<Record<string, RegExp>>;
    }
);

export type Condition =
  | { readonly has: string }
  | { readonly lacks: string }
  | { readonly field: string; readonly isOneOf: readonly string[] };

/** Freezes data throughout. */
export function frozenThroughout<Data extends object>(data: Data): Data {
  for (const part of Object.values(data))
    if (typeof part === 'object' && part !== null) frozenThroughout(part);
  return Object.freeze(data);
}
