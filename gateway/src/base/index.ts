export {
  canonicalAddress,
  countingAddress,
  isCanonicalAddress,
  isInNetwork,
  parseAddress,
} from './address.ts';
export {
  type AddressRanges,
  createRanges,
  isAddressRange,
  parseNetwork,
  rangeProblems,
} from './address-ranges.ts';
export * from './bytes.ts';
export { type Clock, isoTime, systemClock } from './clock.ts';
export {
  type ClientConfig,
  type Config,
  type ConfigOptions,
  loadClientConfig,
  loadConfig,
} from './config.ts';
export { type ExplainedSetting, explainConfig, explainText } from './config-explain.ts';
export {
  DEVELOPMENT_AUTHORITY,
  INSECURITIES,
  type Insecurity,
  type InsecurityCode,
  insecurities,
} from './config-insecurities.ts';
export type { Origins } from './config-reader.ts';
export { ALL_SETTINGS, FILE_VARIABLE, type Setting, variableOf } from './config-settings.ts';
export { type CryptoNetwork, isCryptoAddress, isCryptoNetwork } from './crypto-address.ts';
export { CURRENCIES } from './currencies.ts';
export { isExternalId } from './external-id.ts';
export { Fault, type FaultOptions, toFault } from './fault.ts';
export { FAULTS, type FaultCode, type FaultRow } from './faults.ts';
export { frozenTable } from './frozen-table.ts';
export { createGather, type Gather, type GatherOptions } from './gather.ts';
export { createIdSequence } from './id-sequence.ts';
export * from './ids.ts';
export { isJsonType, JsonNumber, parseJson, parseJsonExactly } from './json.ts';
export { LIMITS, type LimitName, type LimitRow, type Limits, limitsWith } from './limits.ts';
export { type Log, type LogFields, silentLog } from './log.ts';
export {
  createLogger,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LoggerOptions,
  type LogLevel,
} from './logger.ts';
export { type LogOutput, openLogOutput } from './logger-output.ts';
export { createMemory, type Memory, type MemoryOptions } from './memory.ts';
export {
  type Amount,
  type AmountForm,
  type AmountProblem,
  parseAmount,
  parseUnits,
} from './money.ts';
export * from './ports.ts';
export { PROBLEM_MEDIA_TYPE, type Problem, problemOf } from './problem.ts';
export { randomBytes, randomFraction, randomSource } from './random.ts';
export { redactText } from './redact.ts';
export { redactJson } from './redact-json.ts';
export { type Repeat, type RepeatOptions, repeat } from './repeat.ts';
export { openSecret, openSecretText, Secret } from './secret.ts';
export { type Counted, createTally, type Tally, type TallyOptions } from './tally.ts';
export { sanitizeText } from './text.ts';
