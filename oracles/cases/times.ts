import { type Model, NOW_MS, timeText } from '../model/model.ts';
import { type Case, make, write } from './case.ts';

/** The tolerance to the second, both ways, and times that are none. */
export function times(model: Model): Case[] {
  if (model.time === null) return [];
  const { unit, toleranceSeconds } = model.time;
  const at = (given: { name: string; seconds: number; reason: string | null }): Case => {
    const sentMs = NOW_MS + given.seconds * 1000;
    return make(model, { name: given.name, message: write(model, { sentMs }), reason: given.reason, sentMs });
  };
  const written = (given: { name: string; text: string; reason: string }): Case =>
    make(model, { name: given.name, message: write(model, { timeText: given.text }), reason: given.reason });
  const cases = [
    at({ name: 'as old as is allowed', seconds: -toleranceSeconds, reason: null }),
    at({ name: 'as far ahead as is allowed', seconds: toleranceSeconds, reason: null }),
    at({ name: 'a second too old', seconds: -toleranceSeconds - 1, reason: 'timestamp-too-old' }),
    at({ name: 'a second too new', seconds: toleranceSeconds + 1, reason: 'timestamp-too-new' }),
    at({ name: 'a year ahead', seconds: 365 * 86_400, reason: 'timestamp-too-new' }),
  ];
  if (unit === 'iso') {
    return [
      ...cases,
      written({ name: 'a time that is none', text: '2025-13-45T99:99:99Z', reason: 'timestamp-malformed' }),
    ];
  }
  const now = timeText(unit, NOW_MS);
  return [
    ...cases,
    make(model, {
      name: 'the time in the other unit',
      message: write(model, { timeText: timeText(unit === 's' ? 'ms' : 's', NOW_MS) }),
      reason: model.time.either === true ? null : 'timestamp-wrong-unit',
    }),
    written({ name: 'letters behind the time', text: `${now}abc`, reason: 'timestamp-malformed' }),
    written({ name: 'a time with a sign', text: `+${now}`, reason: 'timestamp-malformed' }),
    written({ name: 'a time with a fraction', text: `${now}.5`, reason: 'timestamp-malformed' }),
    written({ name: 'a time in hex', text: `0x${Number(now).toString(16)}`, reason: 'timestamp-malformed' }),
  ];
}
