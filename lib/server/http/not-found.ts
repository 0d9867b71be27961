import type { ServerResponse } from 'node:http';

/** On a port of our own, what is not Dapr's is nobody's. */
export function answerNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(
    '{"statusCode":404,"message":"this port serves Dapr\'s callbacks only"}',
  );
}
