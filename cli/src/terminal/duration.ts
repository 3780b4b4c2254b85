import { InvalidArgumentError } from 'commander';

const SECONDS: Readonly<Record<string, number>> = Object.freeze({ s: 1, m: 60, h: 3_600, d: 86_400 });

/**
 * A span of time as people write it, in seconds. For commander: throws what it shows as wrong usage.
 *
 * @example parseDuration('24h'); // 86400
 */
export function parseDuration(given: string): number {
  const [, count, unit] = /^(0|[1-9]\d{0,6})([smhd])$/.exec(given) ?? [];
  const seconds = SECONDS[unit ?? ''];
  if (seconds === undefined) throw new InvalidArgumentError('It is a number with s, m, h or d, such as 24h.');
  return Number(count) * seconds;
}
