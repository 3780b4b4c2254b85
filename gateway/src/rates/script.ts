import type { Demand } from './rate.ts';

/** What the script is asked to do. `owe`: each subject owes at least its rate's interval, whatever it owed before. */
export type Operation = 'take' | 'look' | 'back' | 'owe';

/**
 * All demands of one question in one step, on the store's own clock, so that neither another node nor a clock that is wrong can
 * come between. Keys are subjects and hold the moment at which each owes nothing; every one expires by itself then.
 * Answers whether all places were (or would be) granted, and what each subject owes now, in microseconds.
 *
 * A clock that was set back can't keep a subject out for longer than its rate could: the debt is cut to the tolerance.
 * Numbers are written by format: Lua would shorten them to 14 digits, and a moment in microseconds has 16.
 */
export const SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local operation = ARGV[1]
local free, wanted, granted = {}, {}, 1
for at, key in ipairs(KEYS) do
  local interval, tolerance = tonumber(ARGV[2 * at]), tonumber(ARGV[2 * at + 1])
  if free[key] == nil then
    local stored = tonumber(redis.call('GET', key) or '0') or 0
    free[key] = math.min(math.max(stored, now), now + tolerance)
  end
  wanted[key] = (wanted[key] or 0) + interval
  if free[key] - now + wanted[key] > tolerance then granted = 0 end
end
if operation == 'back' or operation == 'owe' or (operation == 'take' and granted == 1) then
  for key, amount in pairs(wanted) do
    if operation == 'take' then free[key] = free[key] + amount end
    if operation == 'back' then free[key] = math.max(free[key] - amount, now) end
    if operation == 'owe' then free[key] = math.max(free[key], now + amount) end
    if free[key] > now then
      local life = math.ceil((free[key] - now) / 1000)
      redis.call('SET', key, string.format('%.0f', free[key]), 'PX', string.format('%.0f', life))
    else
      redis.call('DEL', key)
    end
  end
end
local answer = { granted }
for at, key in ipairs(KEYS) do answer[at + 1] = free[key] - now end
return answer
`.trim();

/**
 * The hash tag of every key. A cluster places a key by what stands in braces, so that all of ours lie in one of its slots, hence
 * on one of its servers: only then may one script touch several. The price is that a cluster does not spread them.
 */
const PREFIX = 'sallyport:{rates}:';

/** The keys and arguments of the script. */
export function scriptArguments(operation: Operation, demands: readonly Demand[]): string[] {
  const keys = demands.map(({ rate, subject }) => `${PREFIX}${rate.name}:${subject}`);
  const numbers = demands.flatMap(({ rate }) => [String(rate.intervalUs), String(rate.toleranceUs)]);
  return [String(keys.length), ...keys, operation, ...numbers];
}

/** What the script answered. */
export interface ScriptAnswer {
  readonly granted: boolean;
  readonly debtsUs: readonly number[];
}

/** Parses an answer of the script; throws when it is not one. */
export function parseAnswer(answer: unknown, count: number): ScriptAnswer {
  if (!Array.isArray(answer) || answer.length !== count + 1) throw new TypeError('rates: not an answer');
  const [granted, ...debtsUs] = answer.map((item: unknown) => {
    if (typeof item !== 'number' || !Number.isSafeInteger(item) || item < 0)
      throw new TypeError('rates: not a number of the answer');
    return item;
  });
  return { granted: granted === 1, debtsUs };
}
