import { once } from 'node:events';
import {
  connect,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { freePort } from '../dapr/ports.js';

/** An address in front of what comes and goes: while it is closed, nothing listens there. */
export class Door {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private accepted = 0;

  private readonly isMoving: boolean;

  private constructor(private address: { readonly port: number }) {
    this.isMoving = address.port === 0;
  }

  /** Always at the same address. */
  static async create(): Promise<Door> {
    return new Door({ port: await freePort() });
  }

  /** At another address each time that it opens, so that nobody can have taken it meanwhile. */
  static moving(): Door {
    return new Door({ port: 0 });
  }

  get port(): number {
    return this.address.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections there ever were, and how many there are. */
  get connections(): { readonly made: number; readonly open: number } {
    return { made: this.accepted, open: this.sockets.size / 2 };
  }

  /** Leads to a port of this machine from here on. */
  async open(port: number): Promise<void> {
    const server = createServer((outside) => {
      this.accepted += 1;
      const inside = connect({ host: '127.0.0.1', port });
      for (const [socket, other] of [
        [outside, inside],
        [inside, outside],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.once('close', () => {
          this.sockets.delete(socket);
          // What nobody takes any more is read to its end.
          other.resume();
        });
        socket.pipe(other);
      }
    });
    this.server = server.listen(this.isMoving ? 0 : this.port, '127.0.0.1');
    await once(server, 'listening');
    this.address = server.address() as AddressInfo;
  }

  /** As the end of a sidecar, however it came: what is open breaks off. */
  async close(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
