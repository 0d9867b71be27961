import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import { refuseUnknownOptions } from '../errors/refuse-unknown-options.js';
import type { Clock } from '../protocol/clock.js';
import type { BeginCall } from './actor-invocation.js';
import { CommunicationProtocolEnum } from './communication-protocol.js';
import type { ConfigurationUpdates } from './configuration-updates.js';
import { httpAddress, parseHttpEndpoint } from './endpoint.js';
import { grpcAddress, parseGrpcEndpoint } from './grpc-endpoint.js';

/**
 * How to reach a sidecar. An option comes before the environment, the environment before the default; an endpoint
 * comes before host and port.
 * @see https://docs.dapr.io/reference/environment/
 */
export interface DaprClientOptions {
  /** Default `127.0.0.1`. */
  readonly daprHost?: string | undefined;
  /** HTTP port. Environment: `DAPR_HTTP_PORT`. Default 3500. */
  readonly daprPort?: string | number | undefined;
  /**
   * gRPC port. Environment: `DAPR_GRPC_PORT`. Default 50001. A client that speaks gRPC takes `daprPort` for it where
   * this is not given.
   */
  readonly daprGrpcPort?: string | number | undefined;
  /**
   * `http(s)://host[:port][/path]`. Environment: `DAPR_HTTP_ENDPOINT`. With https the certificate must be one that Node
   * trusts; `NODE_EXTRA_CA_CERTS` names a file with more authorities.
   */
  readonly httpEndpoint?: string | undefined;
  /**
   * `[scheme:]host[:port][?tls=true]`, with the scheme `https` or `grpcs` for TLS. Environment: `DAPR_GRPC_ENDPOINT`. With
   * TLS the certificate must be one that Node trusts, or of the authorities in the file that
   * `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` names instead.
   */
  readonly grpcEndpoint?: string | undefined;
  /** Default HTTP. gRPC needs the package @grpc/grpc-js. What Dapr has over gRPC only goes there in any case. */
  readonly communicationProtocol?: CommunicationProtocolEnum | undefined;
  /** The token that the sidecar demands of its callers. Environment: `DAPR_API_TOKEN`. Default none. */
  readonly apiToken?: string | undefined;
  /** Another name of `apiToken`, as `@dapr/dapr` has it. */
  readonly daprApiToken?: string | undefined;
  /** Milliseconds until a call rejects with a `DaprTimeoutError`; `Infinity` for never. Default 60 000. */
  readonly timeout?: number | undefined;
  /**
   * Milliseconds that a call waits for a sidecar that does not listen yet (never longer than its timeout), before it
   * rejects with a `SidecarUnavailableError`. Default 60 000.
   */
  readonly readyTimeout?: number | undefined;
}

/** What a client gets from the module that made it, and from nobody else. */
export interface ClientInternals {
  readonly clock?: Clock;
  /** The sidecar's address where it is known only later; comes before every option. May throw until it is known. */
  readonly httpEndpoint?: () => string;
  readonly grpcEndpoint?: () => string;
  /** What the app receives of configuration subscriptions over HTTP. */
  readonly configurationUpdates?: ConfigurationUpdates;
  /** Takes lines for the app's log; they hold no payload, token or header value. */
  readonly warn?: (line: string) => void;
  /** Ties calls of actors to the turn that they are made in. */
  readonly beginActorCall?: BeginCall;
  /** Headers that the call being served hands on: its trace, and for calls of actors the reentrancy id. */
  readonly scopeHeaders?: (
    target: 'actor' | 'other',
  ) => Readonly<Record<string, string>> | undefined;
}

/** Options with everything decided. */
export interface ResolvedClientOptions {
  readonly httpEndpoint: string;
  readonly grpcEndpoint: string;
  readonly communicationProtocol: CommunicationProtocolEnum;
  readonly timeout: number;
  readonly readyTimeout: number;
  /** Not enumerable: printing the options does not print it. */
  readonly apiToken?: string;
}

/** The names of all options. */
export const CLIENT_OPTIONS = [
  'daprHost',
  'daprPort',
  'daprGrpcPort',
  'httpEndpoint',
  'grpcEndpoint',
  'communicationProtocol',
  'apiToken',
  'daprApiToken',
  'timeout',
  'readyTimeout',
] as const satisfies readonly (keyof DaprClientOptions)[];

const ADDRESS_OPTIONS = [
  'daprHost',
  'daprPort',
  'daprGrpcPort',
  'httpEndpoint',
  'grpcEndpoint',
] as const satisfies readonly (keyof DaprClientOptions)[];

/** Whether options say where a sidecar is. */
export function namesAddress(options: DaprClientOptions): boolean {
  return ADDRESS_OPTIONS.some((name) => options[name]);
}

/** @throws {@link DaprConfigurationError} for unknown options and for values that can't be meant */
export function resolveClientOptions(
  options: DaprClientOptions,
  env: NodeJS.ProcessEnv,
): ResolvedClientOptions {
  refuseUnknownOptions('DaprClient', CLIENT_OPTIONS, options);
  const resolved = {
    httpEndpoint: httpAddressOf(options, env),
    grpcEndpoint: grpcAddressOf(options, env),
    communicationProtocol: protocolOf(options),
    timeout: milliseconds('timeout', options.timeout),
    readyTimeout: milliseconds('readyTimeout', options.readyTimeout),
  };
  const apiToken =
    options.apiToken ?? options.daprApiToken ?? env['DAPR_API_TOKEN'];
  if (apiToken)
    Object.defineProperty(resolved, 'apiToken', { value: sent(apiToken) });
  return Object.freeze(resolved);
}

/** The token, which goes as a header. */
function sent(apiToken: string): string {
  if (/^[!-~]+( +[!-~]+)*$/.test(apiToken)) return apiToken;
  throw new DaprConfigurationError(
    'The API token holds what no header can carry. Give apiToken, or DAPR_API_TOKEN, letters and digits of ASCII without a line break.',
  );
}

function protocolOf(options: DaprClientOptions): CommunicationProtocolEnum {
  const protocol =
    options.communicationProtocol ?? CommunicationProtocolEnum.HTTP;
  if (Object.values(CommunicationProtocolEnum).includes(protocol))
    return protocol;
  throw new DaprConfigurationError(
    `communicationProtocol is ${String(protocol)}, which is no CommunicationProtocolEnum. Say CommunicationProtocolEnum.HTTP or CommunicationProtocolEnum.GRPC.`,
  );
}

function httpAddressOf(
  options: DaprClientOptions,
  env: NodeJS.ProcessEnv,
): string {
  const { daprHost, httpEndpoint } = options;
  if (httpEndpoint) return checked(httpEndpoint, 'The option httpEndpoint');
  // A client that speaks gRPC may have been given the port of that alone.
  const daprPort = isGrpcPort(options) ? undefined : options.daprPort;
  const variable = env['DAPR_HTTP_ENDPOINT'];
  if (variable && daprHost === undefined && daprPort === undefined)
    return checked(variable, 'DAPR_HTTP_ENDPOINT');
  const port =
    daprPort === undefined
      ? portOf(env['DAPR_HTTP_PORT'] || '3500', 'DAPR_HTTP_PORT')
      : portOf(String(daprPort), 'The option daprPort');
  return checked(
    httpAddress(daprHost ?? '127.0.0.1', port),
    'The option daprHost',
  );
}

function grpcAddressOf(
  options: DaprClientOptions,
  env: NodeJS.ProcessEnv,
): string {
  const { daprHost, daprGrpcPort, daprPort, grpcEndpoint } = options;
  if (grpcEndpoint) return checkedGrpc(grpcEndpoint, 'The option grpcEndpoint');
  const [source, given] = isGrpcPort(options)
    ? (['The option daprPort', daprPort] as const)
    : (['The option daprGrpcPort', daprGrpcPort] as const);
  const variable = env['DAPR_GRPC_ENDPOINT'];
  if (variable && daprHost === undefined && given === undefined)
    return checkedGrpc(variable, 'DAPR_GRPC_ENDPOINT');
  const port =
    given === undefined
      ? portOf(env['DAPR_GRPC_PORT'] || '50001', 'DAPR_GRPC_PORT')
      : portOf(String(given), source);
  return checkedGrpc(
    grpcAddress(daprHost ?? '127.0.0.1', port),
    'The option daprHost',
  );
}

/** Whether `daprPort` means gRPC, as it does for `@dapr/dapr`. */
function isGrpcPort(options: DaprClientOptions): boolean {
  return (
    options.communicationProtocol === CommunicationProtocolEnum.GRPC &&
    options.daprPort !== undefined &&
    options.daprGrpcPort === undefined
  );
}

function checkedGrpc(address: string, source: string): string {
  parseGrpcEndpoint(address, source);
  return address;
}

function checked(address: string, source: string): string {
  const { origin, basePath } = parseHttpEndpoint(address, source);
  return origin + basePath;
}

function portOf(text: string, source: string): string {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return String(port);
  throw new DaprConfigurationError(
    `${source} is "${text}", which is no port; a number from 1 to 65535 is due.`,
  );
}

function milliseconds(
  name: 'timeout' | 'readyTimeout',
  value = 60_000,
): number {
  if (value >= 0) return value;
  throw new DaprConfigurationError(
    `The option ${name} is ${value}; milliseconds are due, or Infinity for no limit.`,
  );
}
