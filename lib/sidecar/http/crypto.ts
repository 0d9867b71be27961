import { headerOf } from '../../protocol/headers.js';
import type { CryptoProvider, CryptoProviders } from '../blocks/crypto.js';
import { isTrue } from '../resources/component.js';
import {
  ApiError,
  type ApiAnswer,
  type ApiCall,
  type ApiRoute,
} from './api.js';

/** What daprd's release builds are made without. */
const SUBTLE = [
  'getkey',
  'encrypt',
  'decrypt',
  'wrapkey',
  'unwrapkey',
  'sign',
  'verify',
];

/** @see https://docs.dapr.io/reference/api/cryptography_api/ */
export function cryptoRoutes(providers: CryptoProviders): readonly ApiRoute[] {
  const route = (
    name: string,
    operation: (provider: CryptoProvider, call: ApiCall) => Promise<ApiAnswer>,
  ): ApiRoute => ({
    verbs: ['PUT'],
    path: `/v1.0-alpha1/crypto/:name/${name}`,
    handle: (call) => operation(find(providers, call), call),
    tooLarge: (_, reason) => new ApiError(500, 'ERROR', reason),
  });
  return [
    route('encrypt', encrypt),
    route('decrypt', decrypt),
    ...SUBTLE.map((name) => ({
      verbs: ['POST'],
      path: `/v1.0-alpha1/subtlecrypto/:name/${name}`,
      handle: unimplemented,
    })),
  ];
}

function find(
  providers: CryptoProviders,
  { appId, params: { name = '' } }: ApiCall,
): CryptoProvider {
  if (!providers.hasAny(appId))
    throw new ApiError(
      500,
      'ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED',
      'crypto providers not configured',
    );
  const provider = providers.of(appId, name);
  if (provider) return provider;
  throw new ApiError(
    400,
    'ERR_CRYPTO_PROVIDER_NOT_FOUND',
    `crypto provider ${name} not found`,
  );
}

function encrypt(provider: CryptoProvider, call: ApiCall): Promise<ApiAnswer> {
  const keyName = required(call, 'dapr-key-name');
  const algorithm = required(call, 'dapr-key-wrap-algorithm');
  return answer(
    provider.encrypt(whole(call.body), {
      keyName,
      algorithm,
      cipher: header(call, 'dapr-data-encryption-cipher'),
      decryptionKeyName: header(call, 'dapr-decryption-key-name'),
      omitKeyName: isTrue(header(call, 'dapr-omit-decryption-key-name')),
    }),
  );
}

function decrypt(provider: CryptoProvider, call: ApiCall): Promise<ApiAnswer> {
  const keyName = header(call, 'dapr-key-name');
  return answer(provider.decrypt(whole(call.body), keyName));
}

/** daprd collects the whole result, too, so that an error in the middle is an answer. */
async function answer(
  result: Promise<AsyncIterable<Buffer>>,
): Promise<ApiAnswer> {
  const parts = await result.catch((error: Error) => {
    throw new ApiError(
      500,
      'ERR_CRYPTO',
      `failed to perform operation: ${error.message}`,
    );
  });
  const body: Buffer[] = [];
  try {
    for await (const part of parts) body.push(part);
  } catch (error) {
    throw new ApiError(500, 'ERROR', (error as Error).message);
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.concat(body),
  };
}

async function* whole(body: Buffer): AsyncIterable<Buffer> {
  yield body;
}

/** Header values are bytes to Go, and names of keys UTF-8. */
function header({ headers }: ApiCall, name: string): string {
  return Buffer.from(headerOf(headers, name) ?? '', 'latin1').toString();
}

function required(call: ApiCall, name: string): string {
  const value = header(call, name);
  if (value !== '') return value;
  throw new ApiError(
    400,
    'ERR_BAD_REQUEST',
    `invalid request: missing header '${name}'`,
  );
}

function unimplemented(): never {
  throw new ApiError(
    501,
    'ERR_API_UNIMPLEMENTED',
    'this API is currently not implemented',
  );
}
