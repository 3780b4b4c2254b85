import { z } from 'zod';
import { type KeySettings, type KeyView, SCOPE_NAMES, type SecretView } from '#access';
import { isoTime } from '#base';
import { idShape, nameShape, rangesShape, timeOrNull, timeShape } from '../shapes.ts';

const kindShape = z.enum(['test', 'live', 'admin']);
const scopeShape = z.enum(SCOPE_NAMES, { error: 'is not a scope' });
const textShape = z.string().min(1).max(255);
const bindingShape = z
  .strictObject({ kind: z.enum(['connection', 'destination', 'policy']), id: z.string().min(1).max(64) })
  .meta({ description: 'The one object that the key may act on.' });

/** What a key may do, as it is sent. Times are ISO 8601. */
const settingFields = {
  scopes: z.array(scopeShape).max(SCOPE_NAMES.length),
  boundTo: bindingShape.nullable(),
  expiresAt: z.iso.datetime().nullable(),
  allowedAddresses: rangesShape,
  allowedOrigins: z.array(z.string().min(1).max(300)).max(20).meta({
    description: 'Pages that may present the key from a browser; none by default, and best none at all.',
  }),
  requestsPerMinute: z.number().int().min(1).max(1_000_000).nullable(),
  signedOnly: z.boolean().meta({ description: 'Takes signed requests only.' }),
  owner: textShape.nullable(),
  note: textShape.nullable(),
};

const optionalFields = z.object(settingFields).partial().shape;

export const newKeyShape = z.strictObject({ kind: kindShape, name: nameShape, ...optionalFields });

export const keyChangeShape = z.strictObject({
  ...optionalFields,
  force: z.boolean().optional().meta({ description: 'Even if it locks out the key that asks.' }),
});

export const keyShape = z
  .strictObject({
    id: idShape('key'),
    kind: kindShape,
    name: nameShape,
    createdAt: timeShape,
    revokedAt: timeShape.nullable(),
    ...settingFields,
    expiresAt: timeShape.nullable(),
    uses: z.number().int().meta({ description: 'Requests it was let in for, as far as nodes have told.' }),
    lastUse: z.strictObject({ at: timeShape, address: z.string(), agent: z.string() }).nullable(),
  })
  .meta({ id: 'Key' });

export const secretShape = z
  .strictObject({
    id: idShape('secret'),
    createdAt: timeShape,
    retiresAt: timeShape.nullable().meta({ description: 'When it ends, once another has taken its place.' }),
  })
  .meta({ id: 'KeySecret' });

export const callerShape = z
  .strictObject({
    credential: z.string().meta({ description: 'The secret or signer that was used.' }),
    address: z.string(),
    agent: z.string(),
    uses: z.number().int(),
    firstUsedAt: timeShape,
    lastUsedAt: timeShape,
  })
  .meta({ id: 'KeyCaller' });

type SettingsInput = Partial<Omit<KeySettings, 'expiresAtMs'>> & {
  readonly expiresAt?: string | null | undefined;
};

/** The settings that were sent, with times as the room has them. */
export function settingsOf(
  input: {
    readonly [Name in keyof SettingsInput]: SettingsInput[Name] | undefined;
  },
): Partial<KeySettings> {
  const {
    expiresAt,
    scopes,
    boundTo,
    allowedAddresses,
    allowedOrigins,
    requestsPerMinute,
    signedOnly,
    owner,
    note,
  } = input;
  return {
    ...(scopes === undefined ? {} : { scopes }),
    ...(boundTo === undefined ? {} : { boundTo }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt === null ? null : Date.parse(expiresAt) }),
    ...(allowedAddresses === undefined ? {} : { allowedAddresses }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(signedOnly === undefined ? {} : { signedOnly }),
    ...(owner === undefined ? {} : { owner }),
    ...(note === undefined ? {} : { note }),
  };
}

export function shownKey(key: KeyView): z.input<typeof keyShape> {
  const {
    createdAtMs,
    revokedAtMs,
    expiresAtMs,
    lastUse,
    scopes,
    allowedAddresses,
    allowedOrigins,
    ...rest
  } = key;
  return {
    ...rest,
    scopes: [...scopes],
    allowedAddresses: [...allowedAddresses],
    allowedOrigins: [...allowedOrigins],
    createdAt: isoTime(createdAtMs),
    revokedAt: timeOrNull(revokedAtMs),
    expiresAt: timeOrNull(expiresAtMs),
    lastUse:
      lastUse === null ? null : { at: isoTime(lastUse.atMs), address: lastUse.address, agent: lastUse.agent },
  };
}

export function shownSecret({ id, createdAtMs, retiresAtMs }: SecretView): z.input<typeof secretShape> {
  return { id, createdAt: isoTime(createdAtMs), retiresAt: timeOrNull(retiresAtMs) };
}
