import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import { bytesOf } from '../protocol/json.js';
import type { DecryptRequest, EncryptRequest } from './crypto.js';
import { requireName } from './name.js';

/** A call of the crypto API, checked. */
export interface CryptoCall<TOptions> {
  /** In words, for errors. */
  readonly operation: string;
  readonly options: TOptions;
  /** Undefined: a stream is asked for. */
  readonly data: Buffer | undefined;
}

/** @throws {@link DaprBadRequestError} for what can't be meant */
export function encryptCall(
  first: unknown,
  second: EncryptRequest | undefined,
): CryptoCall<EncryptRequest> {
  const call = callOf('encrypt', first, second);
  const { operation, options } = call;
  requireName(operation, 'key name', options.keyName);
  requireName(operation, 'key wrap algorithm', options.keyWrapAlgorithm);
  return call;
}

/** @throws {@link DaprBadRequestError} for what can't be meant */
export function decryptCall(
  first: unknown,
  second: DecryptRequest | undefined,
): CryptoCall<DecryptRequest> {
  return callOf('decrypt', first, second);
}

/** The name under which Dapr has an algorithm (dapr/kit schemes/enc/v1/algorithms.go). */
export function wireAlgorithm(algorithm: string): string {
  return algorithm.replace(/^A(128|192|256)CBC$/i, '$&-NOPAD');
}

function callOf<
  TOptions extends { componentName: string; keyName?: string | undefined },
>(
  verb: 'encrypt' | 'decrypt',
  first: unknown,
  second: TOptions | undefined,
): CryptoCall<TOptions> {
  const isStream = second === undefined;
  const options = (isStream ? first : second) as TOptions | undefined;
  const { componentName = '', keyName } = Object(options) as Partial<TOptions>;
  const operation = `crypto.${verb} "${componentName}"${keyName ? ` key "${keyName}"` : ''}`;
  requireName(operation, 'component name', componentName);
  return {
    operation,
    options: options as TOptions,
    data: isStream ? undefined : dataOf(operation, verb, first),
  };
}

function dataOf(operation: string, verb: string, data: unknown): Buffer {
  const bytes =
    typeof data === 'string' && verb === 'encrypt'
      ? Buffer.from(data)
      : bytesOf(data);
  if (bytes) return bytes;
  throw new DaprBadRequestError(
    `${operation} failed: the data is no Buffer, typed array or ArrayBuffer${verb === 'encrypt' ? ', and no string' : ''}.`,
    { operation },
  );
}
