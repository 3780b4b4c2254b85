export { type AdminLockout, adminLockout, warnOfAdminLockout } from './admin-lockout.ts';
export type { Listen, ListenerTls, Listening } from './entrance.ts';
export { openApiDocument } from './openapi.ts';
export { createHttp, type Http, type HttpPorts } from './server.ts';
