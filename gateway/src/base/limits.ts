import { type LimitRow, row } from './limit-row.ts';
import { PULL_LIMITS } from './limits-pull.ts';
import { RETENTION_LIMITS } from './limits-retention.ts';
import { STORE_LIMITS } from './limits-store.ts';

export type { LimitRow } from './limit-row.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const rows = {
  // http: the listener
  connectionsMax: row(10_500, 100, 1_000_000, 'open connections of one node; more are closed at once'),
  connectionsPerAddressMax: row(
    2_000,
    10,
    1_000_000,
    'open connections of one client address (IPv6: of one /64); more are closed at once. Trusted proxies are not counted',
  ),
  headersBytesMax: row(16 * KIB, 4 * KIB, 64 * KIB, 'request line and headers together'),
  headersCountMax: row(100, 20, 500, 'header fields of one request'),
  headersTimeoutMs: row(10_000, 1_000, 60_000, 'from the first byte of a request to the end of its headers'),
  requestTimeoutMs: row(60_000, 1_000, 600_000, 'from the first byte of a request to the end of its body'),
  keepAliveTimeoutMs: row(
    65_000,
    1_000,
    600_000,
    'an idle connection is kept; longer than common load balancers keep theirs',
  ),
  handshakeTimeoutMs: row(10_000, 1_000, 60_000, 'a TLS handshake'),
  certificateCheckMs: row(
    10_000,
    100,
    3_600_000,
    'between two looks whether the files of the certificate have changed',
  ),
  adminBodyBytesMax: row(
    256 * KIB,
    1 * KIB,
    4 * MIB,
    'a request body of the administration and runtime surface',
  ),
  shutdownTimeoutMs: row(10_000, 100, 120_000, 'open requests get to finish when the gateway stops'),

  // ingest
  webhookBodyBytesMax: row(1 * MIB, 1 * KIB, 32 * MIB, 'the body of a webhook'),
  webhookBatchItemsMax: row(256, 1, 4_096, 'webhooks committed in one transaction'),
  webhookBatchBytesMax: row(8 * MIB, 64 * KIB, 64 * MIB, 'bytes of webhooks committed in one transaction'),
  webhookQueueItemsMax: row(
    4_096,
    16,
    100_000,
    'webhooks waiting to be committed; beyond it the answer is 503',
  ),
  webhookQueueBytesMax: row(
    64 * MIB,
    1 * MIB,
    1_024 * MIB,
    'bytes waiting to be committed; beyond it the answer is 503',
  ),
  webhookCommitTimeoutMs: row(10_000, 100, 60_000, 'a webhook waits for its commit; then the answer is 503'),
  webhookInFlightBytesMax: row(
    96 * MIB,
    1 * MIB,
    1_024 * MIB,
    'bytes of webhook bodies being received at once',
  ),
  endpointCallersFlushMs: row(
    5_000,
    100,
    60_000,
    'callers of endpoints are counted in memory, and written down this often',
  ),
  endpointCallersItemsMax: row(
    10_000,
    100,
    1_000_000,
    'callers of endpoints told apart between two writes, verified and refused ones each',
  ),
  endpointCallersKeptSeconds: row(
    3_024_000,
    172_800,
    34_560_000,
    'it is kept who called an endpoint, by the day',
  ),
  endpointCountsKeptSeconds: row(
    34_560_000,
    172_800,
    315_360_000,
    'it is kept what became of the webhooks of an endpoint, by the day',
  ),
  confirmConcurrency: row(16, 1, 256, 'platforms are asked about events at once, by one node'),
  confirmPollMs: row(
    1_000,
    50,
    60_000,
    'between two looks for events to ask about when nothing announces them',
  ),
  confirmLeaseMs: row(
    120_000,
    10_000,
    600_000,
    'an event that is asked about belongs to a node; after it another may ask',
  ),
  confirmForSeconds: row(
    259_200,
    60,
    2_592_000,
    'a platform is asked about an event; then a person has to decide',
  ),
  confirmPendingItemsMax: row(
    1_000,
    1,
    1_000_000,
    'events of an endpoint without signatures that wait to be confirmed; beyond it the answer is 503',
  ),
  unsignedBodyBytesMax: row(
    8 * KIB,
    1 * KIB,
    1 * MIB,
    'the body of a webhook that nobody signed, where its endpoint names no other limit',
  ),
  confirmAnswerBytesMax: row(256 * KIB, 1 * KIB, 4 * MIB, "a platform's answer about an event"),
  fetchedKeysMax: row(1_000, 10, 100_000, 'keys of platforms that are remembered'),
  fetchedKeySeconds: row(86_400, 60, 604_800, "a platform's key is remembered; not beyond its own end"),
  fetchedKeyBytesMax: row(32 * KIB, 1 * KIB, 64 * KIB, "a platform's key, as it is published"),
  fetchedKeysPerMinuteMax: row(
    10,
    1,
    1_000,
    'keys that are not known yet are fetched for one endpoint in a minute',
  ),
  webhookCheckStepsMax: row(
    1_000_000,
    10_000,
    100_000_000,
    'rules of a schema times values of a body; an event beyond it is held unchecked',
  ),

  ...RETENTION_LIMITS,

  // audit
  auditBatchItemsMax: row(256, 1, 4_096, 'entries committed in one transaction of their own'),
  auditQueueItemsMax: row(
    8_192,
    16,
    100_000,
    'entries waiting to be committed; beyond it the act is refused',
  ),
  auditDetailsBytesMax: row(64 * KIB, 1 * KIB, 1 * MIB, 'details of one entry'),
  auditIntegrateMs: row(250, 50, 1_000, 'between two integrations of new entries into the tree'),
  auditHeartbeatMs: row(
    300_000,
    1_000,
    86_400_000,
    'without new entries, a checkpoint is signed anew after this time',
  ),
  refusalWindowMs: row(1_000, 100, 60_000, 'refusals of one kind share an entry of the log for this time'),
  destinationsMax: row(32, 1, 1_000, 'destinations of one environment'),
  auditSinkTimeoutMs: row(5_000, 100, 60_000, 'a sink gets to keep a checkpoint'),
  auditIntegrateItemsMax: row(2_048, 16, 65_536, 'entries integrated in one transaction'),

  // outbound
  outboundConnectTimeoutMs: row(5_000, 100, 60_000, 'name look-up, connection and TLS handshake'),
  outboundHeadersTimeoutMs: row(30_000, 100, 300_000, 'until the headers of the answer'),
  outboundBodyTimeoutMs: row(15_000, 100, 300_000, 'between two pieces of the answer'),
  outboundTotalTimeoutMs: row(60_000, 100, 600_000, 'the whole call'),
  outboundResponseBytesMax: row(16 * MIB, 1 * KIB, 256 * MIB, 'the body of an answer'),
  outboundHeadersBytesMax: row(32 * KIB, 4 * KIB, 128 * KIB, 'the headers of an answer'),
  outboundConnectionsPerPoolMax: row(64, 1, 1_024, 'connections to one host under one credential'),
  outboundPoolsMax: row(1_024, 16, 65_536, 'pools kept; the longest unused goes first'),
  outboundQueuePerPoolMax: row(1_024, 1, 65_536, 'calls waiting for a connection of one pool'),
  outboundIdleTimeoutMs: row(30_000, 1_000, 600_000, 'an idle connection is kept'),

  // connections
  forwardBodyBytesMax: row(4 * MIB, 1 * KIB, 64 * MIB, 'the body of a forwarded call'),
  forwardRepeatBytesMax: row(
    256 * KIB,
    0,
    4 * MIB,
    'a body up to this size is kept so that the call can be repeated once on a 401',
  ),
  forwardGatheredBytesMax: row(
    64 * KIB,
    0,
    4 * MIB,
    'an answer of this announced length is gathered and passed on in one piece; a longer one is streamed',
  ),
  forwardCheckedBodyBytesMax: row(
    256 * KIB,
    1 * KIB,
    4 * MIB,
    'the body of a forwarded call that is checked before it is sent',
  ),
  tokenAnswerBytesMax: row(64 * KIB, 1 * KIB, 1 * MIB, "the answer to a platform's sign-in"),

  // delivery
  deliveryConcurrency: row(128, 1, 1_024, 'attempts to deliver under way on one node'),
  deliveryClaimItemsMax: row(128, 1, 1_024, 'deliveries claimed in one transaction'),
  deliveryLeaseMs: row(
    60_000,
    5_000,
    600_000,
    'a claimed delivery belongs to a node; after it another may claim it',
  ),
  deliveryPollMs: row(1_000, 50, 60_000, 'between two looks for due deliveries when nothing announces them'),
  deliveryTimeoutMs: row(15_000, 500, 60_000, 'one attempt'),
  deliveryTimeoutMaxMs: row(30_000, 500, 60_000, 'one attempt, where a destination has its own time limit'),
  deliveryAnswerBytesMax: row(
    64 * KIB,
    1 * KIB,
    1 * MIB,
    'the answer to a delivery that is read; more is left unread',
  ),
  deliveryAttemptsMax: row(13, 1, 50, 'attempts before a delivery is dead'),
  deliveryScheduleSecondsMax: row(1_209_600, 60, 2_592_000, 'a schedule of attempts of a destination’s own'),
  deliveryAnswerKeptBytesMax: row(512, 0, 8 * KIB, 'of an answer that are kept with an attempt, redacted'),
  destinationFailingSeconds: row(
    172_800,
    60,
    2_592_000,
    'a destination that takes nothing for so long is paused by itself, and tried from time to time',
  ),
  destinationProbeSeconds: row(
    300,
    1,
    86_400,
    'between two tries of a destination that was paused by itself; more the longer it lasts, up to twelve times as long',
  ),
  eventReplayStepItemsMax: row(500, 1, 5_000, 'events that a replay of many looks at in one step'),
  eventReplaysMax: row(8, 1, 100, 'replays of many events of one environment that are not over'),
  eventReplayTrialItemsMax: row(10_000, 100, 1_000_000, 'events that a dry run of a replay looks at'),

  ...PULL_LIMITS,

  // access
  keyCacheItemsMax: row(
    100_000,
    100,
    10_000_000,
    'credentials remembered by a node, and so many each of connections, endpoints and destinations',
  ),
  keyCacheMs: row(
    500,
    0,
    900,
    'a remembered endpoint, connection or destination is trusted, and an environment while the change feed is silent; then the database is asked again',
  ),
  changesSilentMs: row(
    900,
    200,
    950,
    'what is remembered is trusted while the change feed was heard within this time; then the database is asked',
  ),
  keyUsageFlushMs: row(5_000, 100, 60_000, 'uses of keys are counted in memory, and written down this often'),
  keyUsageItemsMax: row(10_000, 100, 1_000_000, 'callers of keys told apart between two writes'),
  keyCallersKeptSeconds: row(3_024_000, 172_800, 34_560_000, 'it is kept who used a key, by the day'),
  secretOverlapSeconds: row(
    86_400,
    0,
    7_776_000,
    'the old secrets of a key still work after a new one was made',
  ),
  secretOverlapSecondsMax: row(2_592_000, 0, 7_776_000, 'the longest overlap that can be asked for'),
  secretInUseSeconds: row(
    86_400,
    60,
    2_592_000,
    'a secret used within this time is in use: ending it takes force',
  ),
  signedBodyBytesMax: row(
    1 * MIB,
    1 * KIB,
    4 * MIB,
    'the body of a signed request, which is read before it is judged',
  ),
  signedInFlightBytesMax: row(
    32 * MIB,
    1 * MIB,
    1_024 * MIB,
    'bytes of signed bodies being received at once, apart from those of webhooks',
  ),
  replayBatchItemsMax: row(512, 1, 4_096, 'signatures of requests remembered in one transaction'),
  replayTimeoutMs: row(2_000, 100, 30_000, 'a signature waits to be remembered; then the request is refused'),
  rotationAnswerSeconds: row(
    600,
    60,
    3_600,
    'a rotation is answered the same to whoever repeats it with its Idempotency-Key',
  ),
  bearerLifeSeconds: row(3_600, 60, 86_400, 'the life of a bearer token'),

  // rates
  rateSubjectsMax: row(
    100_000,
    1_000,
    10_000_000,
    'subjects remembered by a node for each rate; those nearest to being free are forgotten first',
  ),
  keyRequestsPerMinuteMax: row(
    6_000,
    1,
    1_000_000,
    'requests of one key in a minute, unless the key has a limit of its own',
  ),
  addressRequestsPerMinuteMax: row(
    12_000,
    1,
    1_000_000,
    'requests of one address (IPv6: its /64) in a minute',
  ),
  routeRequestsPerMinuteMax: row(
    60_000,
    1,
    1_000_000,
    'requests of one environment for one operation or connection in a minute',
  ),
  keyConcurrentRequestsMax: row(256, 1, 100_000, 'requests of one key under way at once on one node'),
  authFailuresMax: row(
    5,
    1,
    1_000,
    'failed authentications of one address, and of one key id, in their window',
  ),
  authFailuresWindowSeconds: row(900, 60, 86_400, 'the window of failed authentications'),
  unauthenticatedRequestsMax: row(
    100,
    1,
    1_000_000,
    'requests of one address without a valid credential or signature, in their window',
  ),
  unauthenticatedWindowSeconds: row(900, 60, 86_400, 'the window of unauthenticated requests'),
  authWaitingMax: row(
    1_024,
    1,
    65_536,
    'attempts waiting for others of their address or key id to end; more are refused',
  ),
  authWaitTimeoutMs: row(5_000, 10, 60_000, 'an attempt waits for others to end; then it is refused'),
  redisConnectTimeoutMs: row(
    2_000,
    50,
    60_000,
    'a connection to Redis or Valkey, until it is ready to be asked',
  ),
  redisCommandTimeoutMs: row(
    250,
    5,
    10_000,
    'an answer of Redis or Valkey; then the node counts alone until a new connection works',
  ),

  // environments
  environmentDeletionDelaySeconds: row(
    7 * 86_400,
    0,
    90 * 86_400,
    'from the request to delete an environment until it is deleted; it can be kept until then',
  ),

  ...STORE_LIMITS,

  // log
  logTextCharactersMax: row(
    8 * KIB,
    256,
    64 * KIB,
    'characters of one message or field of a log line; the rest is cut',
  ),
  logQueueBytesMax: row(
    4 * MIB,
    64 * KIB,
    256 * MIB,
    'log lines waiting for a slow reader; beyond it lines are dropped and counted',
  ),
} as const satisfies Record<string, LimitRow>;

export type LimitName = keyof typeof rows;
export type Limits = Readonly<Record<LimitName, number>>;

/** The table of limits. */
export const LIMITS: Readonly<Record<LimitName, LimitRow>> = Object.freeze(rows);

/** The limits as configured: defaults, with what was set in their place. Assumes values already within bounds. */
export function limitsWith(overrides: Partial<Limits> = {}): Limits {
  const values = Object.fromEntries(Object.entries(rows).map(([name, limit]) => [name, limit.value]));
  if (!isComplete(values)) throw new TypeError('limits: a row without a value');
  return Object.freeze({ ...values, ...overrides });
}

function isComplete(values: Readonly<Record<string, number>>): values is Limits {
  return Object.keys(rows).every((name) => Number.isSafeInteger(values[name]));
}
