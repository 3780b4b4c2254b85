import { schemeFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import type { ParameterRule, Scheme } from './scheme.ts';

/** What the caller has to give beside the message, checked: a mistake here is the configuration's, and a fault. */
export function configured(scheme: Scheme, input: ConfiguredInput, to: 'verify' | 'sign'): Configured {
  const parameters: Record<string, string> = {};
  for (const { name, values, neededTo, meaning } of scheme.parameters) {
    const detail = `${name}: ${meaning}.`;
    const value = input.parameters?.[name];
    if (value === undefined) {
      if (neededTo === 'both' || (neededTo === 'sign' && to === 'sign'))
        throw schemeFault('PARAMETER_MISSING', detail);
      continue;
    }
    if (!isParameterValue({ values }, value)) throw schemeFault('PARAMETER_INVALID', detail);
    parameters[name] = value;
  }
  const needs = schemeNeeds(scheme);
  if (needs.url && input.url === undefined) throw schemeFault('URL_MISSING');
  if (input.url !== undefined && !isNotificationUrl(input.url)) throw schemeFault('URL_INVALID');
  if (needs.target && input.target === undefined) throw schemeFault('TARGET_MISSING');
  return { parameters, url: input.url ?? '', target: input.target ?? '' };
}

export interface ConfiguredInput {
  readonly url?: string | undefined;
  readonly target?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface Configured {
  readonly parameters: Readonly<Record<string, string>>;
  readonly url: string;
  readonly target: string;
}

/**
 * What `verify` and `sign` have to be given beside headers, body and secrets; `parameters` are the row's.
 *
 * @example
 * schemeNeeds(SCHEMES.square).url; // true: the notification address as it is configured at Square
 */
export function schemeNeeds({ content }: Scheme): { readonly url: boolean; readonly target: boolean } {
  return {
    url: content.includes('url'),
    target: content.some(
      (part) => typeof part === 'object' && 'optional' in part && typeof part.optional === 'object',
    ),
  };
}

/**
 * Whether a parameter may have a value, so that it can be asked when it is configured: `verify` and `sign` throw for others.
 *
 * @example
 * isParameterValue({ values: ['test', 'live'] }, 'prod'); // false
 */
export function isParameterValue({ values }: Pick<ParameterRule, 'values'>, value: string): boolean {
  return isPlain(value, LIMITS.parameterCharactersMax) && (values === null || values.includes(value));
}

/**
 * Whether a text may be the notification address: visible ASCII, as it goes over the wire. `verify` and `sign` throw for others.
 *
 * @example
 * isNotificationUrl('https://a.example/ä'); // false: it is signed as https://a.example/%C3%A4
 */
export function isNotificationUrl(url: string): boolean {
  return isPlain(url, LIMITS.urlCharactersMax);
}

/** Visible ASCII: header text, addresses and names beyond it have no one encoding. */
export function isPlain(text: string, charactersMax: number): boolean {
  return text.length <= charactersMax && /^[\x21-\x7e]+$/.test(text);
}
