import type { Socket } from 'node:net';
import { posix } from 'node:path';
import type { ApiAnswer } from './api.js';

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

/** What a caller without the right token gets. */
export const UNAUTHORIZED: ApiAnswer = {
  status: 401,
  headers: { ...TEXT, 'x-content-type-options': 'nosniff' },
  body: 'invalid api token\n',
};

/** What Go's server answers to a path that is not escaped rightly. */
export const BAD_REQUEST: ApiAnswer = {
  status: 400,
  headers: TEXT,
  body: '400 Bad Request',
};

export function isEscaped(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** As Go's path.Clean: no empty, `.` or `..` segments, no slash at the end. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

export function isHealthProbe(verb: string | undefined, path: string): boolean {
  return (
    verb === 'GET' &&
    (path === '/v1.0/healthz' || path === '/v1.0/healthz/outbound')
  );
}

/** What is no HTTP, or has more headers than fit. */
export function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
): void {
  if (!socket.writable) return void socket.destroy();
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`,
  );
}
