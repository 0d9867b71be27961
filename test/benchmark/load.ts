import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  /** The requests to send, in turn; bytes of whole HTTP/1.1 requests. */
  readonly requests: readonly Buffer[];
  readonly connections: number;
  /** How long; without it each request is sent once. */
  readonly milliseconds?: number;
}

export interface LoadResult {
  readonly count: number;
  readonly seconds: number;
  /** Milliseconds from the request's first byte to the answer's last. */
  readonly p99: number;
  readonly failures: number;
}

/**
 * Sends requests over kept-alive connections, one at a time on each, as fast as they are answered. It writes and reads
 * bytes, so that it costs little beside what it measures.
 */
export async function generate(load: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  let failures = 0;
  let next = 0;
  const sockets = await Promise.all(
    Array.from({ length: load.connections }, () => open(load.port)),
  );
  const begin = process.hrtime.bigint();
  const isOver =
    load.milliseconds === undefined
      ? () => next >= load.requests.length
      : endsAfter(begin, load.milliseconds);
  const worker = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let sent = 0n;
      let received = '';
      const send = (): void => {
        sent = process.hrtime.bigint();
        received = '';
        socket.write(load.requests[next++ % load.requests.length] as Buffer);
      };
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed')));
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        if (!isWhole(received)) return;
        const now = process.hrtime.bigint();
        latencies.push(Number(now - sent) / 1e6);
        if (!received.startsWith('HTTP/1.1 2')) failures += 1;
        if (!isOver(now)) return send();
        socket.removeAllListeners('close');
        socket.destroy();
        resolve();
      });
      send();
    });
  await Promise.all(sockets.map(worker));
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  latencies.sort((left, right) => left - right);
  return {
    count: latencies.length,
    seconds,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    failures,
  };
}

function endsAfter(
  begin: bigint,
  milliseconds: number,
): (now: bigint) => boolean {
  const end = begin + BigInt(milliseconds) * 1_000_000n;
  return (now) => now >= end;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const head = answer.slice(0, headEnd);
  const length = /content-length: (\d+)/i.exec(head);
  if (length) return answer.length >= headEnd + 4 + Number(length[1]);
  return /transfer-encoding: chunked/i.test(head)
    ? answer.endsWith('0\r\n\r\n')
    : true;
}

/** The bytes of a request. */
export function request(
  verb: string,
  path: string,
  contentType: string,
  body: string,
): Buffer {
  return Buffer.from(
    `${verb} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: Go-http-client/1.1\r\ncontent-type: ${contentType}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\ntraceparent: 00-00000000000000000000000000000000-0000000000000000-00\r\n` +
      `accept-encoding: gzip\r\n\r\n${body}`,
  );
}
