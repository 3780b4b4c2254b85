export { openApiDocument } from './openapi.ts';
export { allRoutes } from './routes.ts';
export { createHttp, type Http, type HttpPorts } from './server.ts';
