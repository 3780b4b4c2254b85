import { frozenTable } from '#base';
import type { OpenApi } from '#test/described';

/** The folder of each operation of docs/openapi.json, by its `operationId`. Methods that differ in nothing else share one. */
export const ROUTE_FOLDERS: Readonly<Record<string, string>> = frozenTable({
  getAdminV1AuditCheckpoint: 'audit-checkpoint',
  getAdminV1AuditEntries: 'audit-entries',
  exportAudit: 'audit-export',
  getAdminV1Connections: 'connections-list',
  postAdminV1Connections: 'connections-create',
  getAdminV1ConnectionsId: 'connections-show',
  patchAdminV1ConnectionsId: 'connections-change',
  deleteAdminV1ConnectionsId: 'connections-remove',
  postAdminV1ConnectionsIdCheck: 'connections-check',
  getAdminV1Deliveries: 'deliveries-list',
  getAdminV1DeliveriesId: 'deliveries-show',
  postAdminV1DeliveriesIdRetry: 'deliveries-retry',
  getAdminV1Destinations: 'destinations-list',
  postAdminV1DestinationsIdRotateSecret: 'destinations-rotate',
  postAdminV1DestinationsIdTest: 'destinations-test',
  postAdminV1Replays: 'events-replays-create',
  postAdminV1ReplaysTry: 'events-replays-try',
  getAdminV1Replays: 'events-replays-list',
  getAdminV1ReplaysId: 'events-replays-show',
  postAdminV1ReplaysIdCancel: 'events-replays-cancel',
  postAdminV1Destinations: 'destinations-create',
  getAdminV1DestinationsId: 'destinations-show',
  patchAdminV1DestinationsId: 'destinations-change',
  getAdminV1Endpoints: 'endpoints-list',
  postAdminV1Endpoints: 'endpoints-create',
  getAdminV1EndpointsId: 'endpoints-show',
  patchAdminV1EndpointsId: 'endpoints-change',
  getAdminV1EndpointsIdCounts: 'endpoints-counts',
  getAdminV1EndpointsIdSecrets: 'endpoints-secrets-list',
  postAdminV1EndpointsIdSecrets: 'endpoints-secrets-add',
  postAdminV1EndpointsIdSecretsRetire: 'endpoints-secrets-retire',
  getAdminV1EndpointsIdCallers: 'endpoints-callers',
  postAdminV1EndpointsIdTryAddresses: 'endpoints-try-addresses',
  getAdminV1Events: 'events-list',
  getAdminV1EventsId: 'events-show',
  postAdminV1EventsIdDiscard: 'events-decide',
  postAdminV1EventsIdRelease: 'events-decide',
  postAdminV1EventsIdReplay: 'events-replay',
  postAdminV1EventsIdReveal: 'events-reveal',
  getAdminV1Keys: 'keys-list',
  postAdminV1Keys: 'keys-create',
  getAdminV1KeysId: 'keys-show',
  patchAdminV1KeysId: 'keys-change',
  getAdminV1KeysIdCallers: 'keys-callers',
  postAdminV1KeysIdRetire: 'keys-retire',
  postAdminV1KeysIdRevoke: 'keys-revoke',
  postAdminV1KeysIdRotate: 'keys-rotate',
  getAdminV1KeysIdSigners: 'signers-list',
  postAdminV1KeysIdSigners: 'signers-add',
  postAdminV1KeysIdSignersRetire: 'signers-retire',
  postAdminV1KeysIdTryAddresses: 'keys-try-addresses',
  postApiV1AuthCredentialsRotateSecret: 'auth-rotate-secret',
  postApiV1AuthSignIn: 'auth-sign-in',
  getV1Events: 'events-pull',
  postV1Events: 'events-send',
  postV1EventsAcknowledge: 'events-acknowledge',
  receiveWebhook: 'in',
  answerChallenge: 'in',
  answerChallengeHead: 'in',
  getLivez: 'health-live',
  headLivez: 'health-live',
  getReadyz: 'health-ready',
  headReadyz: 'health-ready',
  forwardGet: 'out',
  forwardPost: 'out',
  forwardPut: 'out',
  forwardPatch: 'out',
  forwardDelete: 'out',
});

/**
 * Refusals that lie in front of every operation, each proven for all of them in one place: a status that is described with
 * these alone needs no file of its own.
 */
export const PROVEN_FOR_ALL: Readonly<Record<string, string>> = frozenTable({
  // The target is refused before anything is routed.
  AMBIGUOUS_PATH: 'targets.routing.test.ts',
  CREDENTIAL_IN_URL: 'targets.routing.test.ts',
  // The listener refuses before anything is known of a route.
  METHOD_NOT_ALLOWED: 'targets.routing.test.ts',
  HEADERS_TOO_LARGE: 'http.fortitude.test.ts',
  TIMED_OUT: 'listener.time.test.ts',
  LENGTH_MISMATCH: '../connections/forward.streaming.test.ts', // whoever is told has gone away
  BUSY: 'listener.order.test.ts',
  RATE_LIMITED: 'answers.429.test.ts',
  // One reader takes every body.
  MALFORMED_BODY: 'answers.400.test.ts',
  BODY_TOO_LARGE: 'answers.413.test.ts',
  UNSUPPORTED_MEDIA_TYPE: 'answers.415.test.ts',
  // What fails behind a route fails alike.
  INTERNAL: 'answers.500.test.ts',
  STORE_UNAVAILABLE: 'answers.503.test.ts',
});

/**
 * What is missing or too much below `routes/`, each with what to do.
 *
 * @example gapsOf({ document, folders: ROUTE_FOLDERS, files: ['keys-create/201.shown-once.test.ts'] });
 */
export function gapsOf({
  document,
  folders,
  files,
}: {
  readonly document: Pick<OpenApi, 'paths'>;
  readonly folders: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}): readonly string[] {
  const gaps: string[] = [];
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const described = new Map<string, Set<string>>();
  const missing = new Map<string, string>();
  for (const { operationId, responses } of operations) {
    const folder = folders[operationId];
    if (folder === undefined) {
      gaps.push(`${operationId} has no folder: add a row to routes/folders.fixture.ts, and its files`);
      continue;
    }
    for (const [status, { description }] of Object.entries(responses)) {
      described.set(folder, (described.get(folder) ?? new Set()).add(status));
      const own = ownCodes(description);
      const isProven = /^[45]/.test(status) && own.length === 0;
      if (isProven || files.some((file) => file.startsWith(`${folder}/${status}.`))) continue;
      const because = own.length === 0 ? '' : ` (${own.join(', ')})`;
      missing.set(
        `${folder}/${status}`,
        `${operationId} answers ${status}${because}, and no test shows when: write routes/${folder}/${status}.<guarantee>.test.ts`,
      );
    }
  }
  gaps.push(...missing.values());
  for (const operationId of Object.keys(folders))
    if (!operations.some((operation) => operation.operationId === operationId))
      gaps.push(
        `${operationId} is no operation of docs/openapi.json: take it out of routes/folders.fixture.ts`,
      );
  for (const file of files) {
    const [folder = '', name = ''] = file.split('/');
    const statuses = described.get(folder);
    if (statuses === undefined) gaps.push(`routes/${file} lies in the folder of no operation`);
    else if (!statuses.has(name.split('.')[0] ?? ''))
      gaps.push(`routes/${file} is about a status that its operation is not described to answer with`);
  }
  return gaps;
}

/** The codes of a described answer that are special to its operation. */
function ownCodes(description: string): readonly string[] {
  const codes = [...description.matchAll(/`([A-Z_]+)`/g)].map(([, code = '']) => code);
  return codes.filter((code) => !Object.hasOwn(PROVEN_FOR_ALL, code));
}
