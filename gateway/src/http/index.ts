export { openApiDocument } from './openapi.ts';
export { createHttp, type Http, type HttpPorts, type Listen, type Listening } from './server.ts';
