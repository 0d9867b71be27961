import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Follows the connections of a server; the returned function cuts those on which nothing ever came. Go's HTTP client,
 * daprd's, opens some in reserve, and Node counts a connection without a first request as busy, so that closing the
 * server would wait a minute for it (https://nodejs.org/api/http.html#serverheaderstimeout).
 */
export function followUnusedConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
