import { createServer } from 'node:net';

// Spec files that run beside each other draw from ranges of their own: between the answer and its use a port belongs to
// nobody, and another would find it free.
const RANGES = 12;
const RANGE = 1_000;
const worker = Number(process.env.JEST_WORKER_ID ?? 0) % RANGES;

const given = new Set<number>();

/**
 * A port that nobody listens on. It lies below the ports that systems give to outgoing connections (32768 and up on
 * Linux), so that between this answer and its use no connection takes it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + worker * RANGE + Math.floor(Math.random() * RANGE);
    if (given.has(port)) continue;
    if (!(await canListen(port, '127.0.0.1'))) continue;
    if (!(await canListen(port))) continue;
    given.add(port);
    return port;
  }
}

function canListen(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
