import { createServer } from 'node:net';

const given = new Set<number>();

/**
 * A port that nobody listens on. It lies below the ports that systems give to outgoing connections (32768 and up on
 * Linux), so that between this answer and its use no connection takes it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
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
