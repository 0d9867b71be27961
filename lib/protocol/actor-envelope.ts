import { toJson } from './payload.js';

/**
 * The marked answer that our actor proxies ask for with the header `x-nestjs-dapr: 1`: daprd throws away the body of a
 * non-200 and gRPC shows no headers, so result and error both travel in the body of a 200.
 */
export const ENVELOPE_VERSION = 1;

/** What is told of an error that an actor threw. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  /** Of an HttpException, or the error's member of that name. */
  readonly status?: number;
  /** The response of an HttpException, or the error's member of that name. */
  readonly details?: unknown;
  /** Where the host was told to send it. */
  readonly stack?: string;
  /** Names of the error's classes, its own first and those of Error and Object left out; absent where `name` is all. */
  readonly classes?: readonly string[];
}

/** Name of the errors of the host itself, as opposed to those that the actor threw. */
export const HOST_ERROR = 'ActorHostError';

export type Envelope =
  | { readonly 'x-nestjs-dapr': number; readonly result?: unknown }
  | { readonly 'x-nestjs-dapr': number; readonly error: RemoteError };

export function isEnvelope(value: unknown): value is Envelope {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Envelope)['x-nestjs-dapr'] === 'number'
  );
}

/** Reads the error of an envelope of any version: a later one may say more of it. */
export function readRemoteError(error: unknown): RemoteError {
  const members = typeof error === 'object' && error !== null ? error : {};
  const { name, message, status, details, stack, classes } = members as Partial<
    Record<keyof RemoteError, unknown>
  >;
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : 'The actor failed',
    ...(typeof status === 'number' && { status }),
    ...(details !== undefined && { details }),
    ...(typeof stack === 'string' && { stack }),
    ...(Array.isArray(classes) && { classes: classes.map(String) }),
  };
}

const MARK = `{"x-nestjs-dapr":${ENVELOPE_VERSION}`;

/**
 * An undefined result is an absent one.
 * @throws PayloadError for what JSON can't carry
 */
export function resultEnvelope(result: unknown): string {
  return result === undefined
    ? `${MARK}}`
    : `${MARK},"result":${toJson(result)}}`;
}

export function errorEnvelope(error: RemoteError): string {
  return `${MARK},"error":${toJson(error)}}`;
}

// base64 works in groups of three bytes, so these are the same in front of any text that begins with the mark.
const MARK_IN_BASE64 = Buffer.from(MARK.slice(0, 15)).toString('base64');

/**
 * The data of a timer or reminder. What was registered over gRPC comes back as base64 of its bytes; ours are an
 * envelope, so that they can be told from text.
 */
export function scheduledData(data: unknown): unknown {
  if (typeof data !== 'string' || !data.startsWith(MARK_IN_BASE64)) return data;
  try {
    const json: unknown = JSON.parse(
      Buffer.from(data, 'base64').toString('utf8'),
    );
    return isEnvelope(json) && 'result' in json ? json.result : data;
  } catch {
    return data;
  }
}

/** A stored value with the version of its shape. */
export interface VersionedState {
  readonly version: number;
  /** The oldest version whose code can work with it. */
  readonly readableBy: number;
  readonly value: unknown;
}

/** @param json of the value */
export function stateEnvelope(
  version: number,
  readableBy: number,
  json: string,
): string {
  const versions =
    readableBy === version
      ? `"version":${version}`
      : `"version":${version},"readableBy":${readableBy}`;
  return `${MARK},${versions},"value":${json}}`;
}

/** Undefined for a value without a version. */
export function versionedState(json: unknown): VersionedState | undefined {
  if (!isEnvelope(json) || !('version' in json)) return undefined;
  const {
    version,
    readableBy = version,
    value,
  } = json as Envelope & Partial<VersionedState>;
  return typeof version === 'number'
    ? { version, readableBy: Number(readableBy), value }
    : undefined;
}
