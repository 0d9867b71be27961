import type { Socket } from 'node:net';
import type { ChannelCredentials } from '@grpc/grpc-js';

/**
 * The same credentials, whose connections end with a signal in every state of theirs: grpc-js leaves those alone of which
 * it does not know yet whether they will stand. Versions before 1.13 let nobody see them.
 */
export function endingWith(
  signal: AbortSignal,
  credentials: ChannelCredentials,
): ChannelCredentials {
  if (!('_createSecureConnector' in credentials)) return credentials;
  const create = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (...parts) => {
    const connector = create(...parts);
    const connect = connector.connect.bind(connector);
    connector.connect = async (socket) => {
      endSocket(signal, socket);
      signal.throwIfAborted();
      return connect(socket);
    };
    return connector;
  };
  return credentials;
}

function endSocket(signal: AbortSignal, socket: Socket): void {
  const end = (): void => void socket.destroy();
  if (signal.aborted) return end();
  signal.addEventListener('abort', end, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', end));
}
