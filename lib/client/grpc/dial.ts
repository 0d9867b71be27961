import {
  Client,
  connectivityState,
  credentials,
  type ChannelOptions,
} from '@grpc/grpc-js';
import { stopError } from '../transport-error.js';
import { parseGrpcEndpoint } from '../grpc-endpoint.js';

const CHANNEL_OPTIONS: ChannelOptions = {
  // Sockets of its own: another client of the same sidecar stops without this one.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // daprd cuts connections that ping more often than every 8 seconds (pkg/api/grpc/server.go).
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 20,
  'grpc.min_reconnect_backoff_ms': 20,
  'grpc.max_reconnect_backoff_ms': 250,
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
};

/** A connection to where the sidecar is now. */
export class Dial {
  #client: Client | undefined;
  #address = '';
  #isClosed = false;

  /** @param address may throw while it is not known */
  constructor(
    private readonly address: () => string,
    private readonly options?: ChannelOptions,
  ) {}

  /** For errors; never throws. */
  get description(): string {
    return this.#address || 'an address that is not known yet';
  }

  get connected(): boolean {
    return (
      this.#client?.getChannel().getConnectivityState(false) ===
      connectivityState.READY
    );
  }

  /** @throws what the address function throws, and an error in words once it is closed */
  client(): Client {
    if (this.#isClosed) throw stopError('the call');
    const address = this.address();
    if (this.#client && address === this.#address) return this.#client;
    const { target, isSecure } = parseGrpcEndpoint(
      address,
      `The address "${address}"`,
    );
    this.#client?.close();
    this.#address = address;
    this.#client = new Client(
      target,
      isSecure ? credentials.createSsl() : credentials.createInsecure(),
      { ...CHANNEL_OPTIONS, ...this.options },
    );
    return this.#client;
  }

  /** For good; idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#client?.close();
  }
}
