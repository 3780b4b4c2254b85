import { z } from 'zod';
import { isoTime } from '#base';
import {
  type DestinationView,
  filterShape,
  orderByShape,
  type Pinged,
  type SecretView,
  SIGNATURES,
} from '#delivery';
import { idShape, nameShape, timeOrNull, timeShape } from '../shapes.ts';

const urlShape = z.string().min(1).max(2_000);
const headerNames = z.array(z.string().min(1).max(64)).max(16);
const parametersShape = z.record(z.string().min(1).max(64), z.string().max(2_000)).meta({
  description: 'What some schemes of platforms sign besides the body.',
});
const wholeNumber = z.number().int();

/** What can be said of a destination when it is made, and changed later. */
const fields = {
  url: urlShape.optional(),
  filter: filterShape.optional().meta({ description: 'What it takes; all that is named must hold.' }),
  orderBy: orderByShape.nullable().optional().meta({
    description:
      'What events wait for one another by: `all`, `endpoint`, or the value at a path of the body.',
  }),
  signature: z.enum(SIGNATURES).optional(),
  parameters: parametersShape.optional(),
  timeoutMs: wholeNumber.nullable().optional(),
  concurrency: wholeNumber.nullable().optional(),
  ratePerSecond: wholeNumber.nullable().optional(),
  scheduleSeconds: z.array(wholeNumber).min(1).max(50).nullable().optional(),
  passHeaders: headerNames
    .optional()
    .meta({ description: "Header fields of the platform's webhook that go on." }),
  headers: z.record(z.string().min(1).max(64), z.string().max(4_096)).optional().meta({
    description: 'Header fields of its own. Sealed: only their names are shown again.',
  }),
  clientCertificate: z
    .strictObject({ certificate: z.string().max(65_536), key: z.string().max(65_536) })
    .nullable()
    .optional()
    .meta({
      description: 'What is shown to a receiver that asks who calls (mTLS), in PEM. The key is sealed.',
    }),
};

export const newDestinationShape = z.strictObject({
  name: nameShape,
  kind: z.enum(['push', 'pull']).optional(),
  secret: z.string().min(1).max(256).optional().meta({ description: 'Made when it is not given.' }),
  ...fields,
});

export const destinationChangeShape = z.strictObject({
  ...fields,
  state: z.enum(['active', 'paused']).optional(),
});

const secretShape = z.strictObject({
  id: idShape('secret'),
  kind: z.enum(['symmetric', 'ed25519']),
  publicKey: z.string().nullable().meta({ description: '`whpk_` and the key in base64, of a key pair.' }),
  createdAt: timeShape,
  endsAt: timeShape.nullable(),
});

export const destinationShape = z
  .strictObject({
    id: idShape('destination'),
    name: nameShape,
    kind: z.enum(['push', 'pull']),
    url: z.string().nullable(),
    state: z.enum(['active', 'paused', 'failing']),
    filter: filterShape,
    orderBy: orderByShape.nullable(),
    signature: z.enum(SIGNATURES),
    parameters: parametersShape,
    timeoutMs: wholeNumber.nullable(),
    concurrency: wholeNumber.nullable(),
    ratePerSecond: wholeNumber.nullable(),
    scheduleSeconds: z.array(wholeNumber).nullable(),
    passHeaders: headerNames,
    headerNames,
    clientCertificate: z.strictObject({ fingerprint: z.string(), validTo: timeShape }).nullable(),
    secrets: z.array(secretShape),
    pausedAt: timeShape.nullable(),
    pausedReason: z.string().nullable(),
    failingSince: timeShape.nullable(),
    nextProbeAt: timeShape.nullable(),
    createdAt: timeShape,
  })
  .meta({ id: 'Destination' });

/** A destination as the API shows it. */
export function shownDestination(view: DestinationView): z.input<typeof destinationShape> {
  const { pausedAtMs, failingSinceMs, nextProbeAtMs, createdAtMs, ...rest } = view;
  const { scheduleSeconds, clientCertificate } = view;
  return {
    ...rest,
    scheduleSeconds: scheduleSeconds === null ? null : [...scheduleSeconds],
    passHeaders: [...view.passHeaders],
    headerNames: [...view.headerNames],
    clientCertificate:
      clientCertificate === null
        ? null
        : { fingerprint: clientCertificate.fingerprint, validTo: isoTime(clientCertificate.validToMs) },
    secrets: view.secrets.map(shownSecret),
    pausedAt: timeOrNull(pausedAtMs),
    failingSince: timeOrNull(failingSinceMs),
    nextProbeAt: timeOrNull(nextProbeAtMs),
    createdAt: isoTime(createdAtMs),
  };
}

/** A secret as the API shows it: everything but the secret. */
export function shownSecret({ createdAtMs, endsAtMs, ...secret }: SecretView): z.input<typeof secretShape> {
  return { ...secret, createdAt: isoTime(createdAtMs), endsAt: timeOrNull(endsAtMs) };
}

export const rotationShape = z.strictObject({
  overlapSeconds: z.number().int().min(0).optional().meta({
    description: 'How long deliveries bear the signatures of the secrets before, too.',
  }),
  secret: z.string().min(1).max(256).optional().meta({ description: 'Made when it is not given.' }),
});

export const rotatedShape = z.strictObject({
  secret: z.string().nullable().meta({ description: '`null` where there is a key pair only.' }),
  secrets: z.array(secretShape),
  previousEndAt: timeShape,
});

export const pingedShape = z.strictObject({
  event: z.string(),
  ok: z.boolean(),
  startedAt: timeShape,
  durationMs: z.number().int(),
  status: z.number().int().nullable(),
  reason: z.string().nullable(),
  address: z.string().nullable(),
  answerHeaders: z.record(z.string(), z.string()).nullable(),
  answerStart: z.string().nullable(),
});

/** How a test went, as the API shows it. */
export function shownPing({ startedAtMs, answerHeaders, ...rest }: Pinged): z.input<typeof pingedShape> {
  return {
    ...rest,
    startedAt: isoTime(startedAtMs),
    answerHeaders: answerHeaders === null ? null : { ...answerHeaders },
  };
}
