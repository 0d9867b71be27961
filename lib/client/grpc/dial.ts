import {
  Client,
  credentials,
  type ChannelOptions,
  type connectivityState,
} from '@grpc/grpc-js';
import { stopError } from '../transport-error.js';
import { parseGrpcEndpoint } from '../grpc-endpoint.js';
import { endingWith } from './ending-credentials.js';

const CHANNEL_OPTIONS: ChannelOptions = {
  // Sockets of its own: another client of the same sidecar stops without this one.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // daprd cuts connections that ping more often than every 8 seconds (pkg/api/grpc/server.go).
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 20,
  'grpc.max_reconnect_backoff_ms': 250,
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  // The way to a sidecar leads through no proxy, whatever the environment says for other hosts.
  'grpc.enable_http_proxy': 0,
  // Sidecars have no configuration in DNS.
  'grpc.service_config_disable_resolution': 1,
};

/** A connection to where the sidecar is now. */
export class Dial {
  readonly #end = new AbortController();
  #client: Client | undefined;
  #address = '';

  /** @param address may throw while it is not known */
  constructor(
    private readonly address: () => string,
    private readonly options?: ChannelOptions,
  ) {}

  /** For errors; never throws. */
  get description(): string {
    return this.#address || 'an address that is not known yet';
  }

  /** Undefined before the first call. */
  get state(): connectivityState | undefined {
    return this.#client?.getChannel().getConnectivityState(false);
  }

  /** @throws what the address function throws, and an error in words once it is closed */
  client(): Client {
    if (this.#end.signal.aborted) throw stopError('the call');
    const address = this.address();
    if (this.#client && address === this.#address) return this.#client;
    const { target, isSecure } = parseGrpcEndpoint(
      address,
      `The address "${address}"`,
    );
    // What is under way there may end.
    this.#client?.close();
    this.#address = address;
    this.#client = new Client(
      target,
      endingWith(
        this.#end.signal,
        isSecure ? credentials.createSsl() : credentials.createInsecure(),
      ),
      { ...CHANNEL_OPTIONS, ...this.options },
    );
    return this.#client;
  }

  /** For good; idempotent. */
  close(): void {
    this.#client?.close();
    this.#end.abort();
  }
}
