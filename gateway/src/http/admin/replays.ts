import { z } from 'zod';
import { isoTime } from '#base';
import type { Delivery, ReplayQuery, ReplayView } from '#delivery';
import { type Route, route } from '../route.ts';
import { idParams, idShape, pageOf, pageQuery, timeShape } from '../shapes.ts';
import { principalOf } from './environment.ts';

const momentShape = z.iso.datetime({ offset: true });
const fields = {
  from: momentShape.meta({ description: 'Events received at or after this moment …' }),
  to: momentShape.meta({ description: '… and before this one.' }),
  platform: z.string().max(63).optional(),
  type: z.string().max(200).optional().meta({ description: 'A type, or the beginning of one and `.*`.' }),
  endpoint: idShape('endpoint').optional(),
  destination: idShape('destination')
    .optional()
    .meta({ description: 'To this destination; otherwise to every one that is not paused.' }),
  only: z.enum(['all', 'undelivered']).default('undelivered').meta({
    description: '`undelivered`: what the destination neither has nor is about to get, such as dead letters.',
  }),
};
const queryShape = z.strictObject(fields);

const replayShape = z
  .strictObject({
    id: idShape('replay'),
    state: z.enum(['running', 'finished', 'canceled']),
    query: queryShape,
    events: z.number().int().meta({ description: 'Looked at.' }),
    deliveries: z.number().int().meta({ description: 'Made.' }),
    createdAt: timeShape,
    changedAt: timeShape,
  })
  .meta({ id: 'Replay' });

const trialShape = z
  .strictObject({
    events: z.number().int(),
    deliveries: z.number().int(),
    complete: z.boolean().meta({ description: 'If not, there are more than were looked at.' }),
    sample: z.array(z.strictObject({ event: idShape('event'), destination: idShape('destination') })),
  })
  .meta({ id: 'ReplayTrial' });

const refusals = ['INVALID_REQUEST', 'UNAUTHENTICATED', 'WRONG_KEY_KIND'] as const;

/** Replays of many events. */
export function replayRoutes(rooms: { delivery: Delivery; pageItemsMax: number }): readonly Route[] {
  const { replays } = rooms.delivery;
  return [
    route({
      method: 'POST',
      path: '/admin/v1/replays',
      surface: 'admin',
      scope: 'events:replay',
      summary: 'Begins to deliver the events of a time again; goes on in the background.',
      body: queryShape,
      status: 201,
      answer: replayShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND', 'CONFLICT'],
      handle: async (call) =>
        shownReplay(await replays.create(queryOf(principalOf(call).environment, call.body), call.actor)),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/replays/try',
      surface: 'admin',
      scope: 'events:replay',
      summary: 'Says what a replay would deliver, and delivers nothing.',
      body: queryShape,
      status: 200,
      answer: trialShape,
      faults: [...refusals, 'DESTINATION_NOT_FOUND'],
      handle: async (call) => {
        const trial = await replays.try(queryOf(principalOf(call).environment, call.body));
        return { ...trial, sample: [...trial.sample] };
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/replays',
      surface: 'admin',
      scope: 'events:read',
      summary: 'Lists replays, newest first.',
      query: pageQuery(rooms.pageItemsMax, {}),
      status: 200,
      answer: pageOf(replayShape),
      faults: refusals,
      handle: async (call) => {
        const page = await replays.list({ environment: principalOf(call).environment, ...call.query });
        return { items: page.items.map(shownReplay), next: page.next };
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/replays/{id}',
      surface: 'admin',
      scope: 'events:read',
      summary: 'Shows how far a replay has come.',
      params: idParams('replay'),
      status: 200,
      answer: replayShape,
      faults: [...refusals, 'REPLAY_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shownReplay(await replays.get({ environment, replay: call.params.id }));
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/replays/{id}/cancel',
      surface: 'admin',
      scope: 'events:replay',
      summary: 'Ends a replay where it is. What it has made is delivered.',
      params: idParams('replay'),
      bodyMayLack: true,
      status: 200,
      answer: replayShape,
      faults: [...refusals, 'REPLAY_NOT_FOUND'],
      handle: async (call) => {
        const { environment } = principalOf(call);
        return shownReplay(await replays.cancel({ environment, replay: call.params.id }, call.actor));
      },
    }),
  ];
}

function queryOf(
  environment: ReplayQuery['environment'],
  { from, to, ...rest }: z.output<typeof queryShape>,
): ReplayQuery {
  return { environment, fromMs: Date.parse(from), toMs: Date.parse(to), ...rest };
}

function shownReplay({ query, createdAtMs, changedAtMs, ...rest }: ReplayView): z.input<typeof replayShape> {
  const { fromMs, toMs, ...kept } = query;
  return {
    ...rest,
    query: { from: isoTime(fromMs), to: isoTime(toMs), ...kept },
    createdAt: isoTime(createdAtMs),
    changedAt: isoTime(changedAtMs),
  };
}
