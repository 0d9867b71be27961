import type { Socket } from 'node:net';

/** What comes to one goes to the other, and the end of one is that of the other. */
export function joinSockets(one: Socket, other: Socket): void {
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.on('error', () => peer.destroy());
    socket.once('close', () => peer.destroy());
    socket.pipe(peer);
  }
}
