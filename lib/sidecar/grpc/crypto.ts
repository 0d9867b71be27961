import { sleep, type Clock } from '../../protocol/clock.js';
import { GrpcCode } from '../../protocol/grpc-code.js';
import type {
  DecryptRequest,
  DecryptResponse,
  EncryptRequest,
} from '../../protocol/proto/generated/crypto.js';
import type { CryptoProvider, CryptoProviders } from '../blocks/crypto.js';
import { GrpcError, type GrpcMethods } from './api.js';

// Of dapr/dapr pkg/api/grpc/crypto.go.
const FIRST_MESSAGE_TIMEOUT = 5000;

/** @see https://docs.dapr.io/reference/api/cryptography_api/ */
export function cryptoMethods(
  providers: CryptoProviders,
  clock: Clock,
): GrpcMethods {
  return {
    async *encryptAlpha1(requests, { appId }) {
      const input = requests[Symbol.asyncIterator]();
      const first = await firstOf(input, clock);
      const options = optionsOf(first);
      require(options.keyName, 'keyName');
      require(options.keyWrapAlgorithm, 'keyWrapAlgorithm');
      const provider = find(providers, appId, options.componentName);
      yield* responses(
        provider.encrypt(payloads(first, input), {
          keyName: options.keyName,
          algorithm: options.keyWrapAlgorithm,
          cipher: options.dataEncryptionCipher,
          decryptionKeyName: options.decryptionKeyName,
          omitKeyName: options.omitDecryptionKeyName,
        }),
      );
    },
    async *decryptAlpha1(requests, { appId }) {
      const input = requests[Symbol.asyncIterator]();
      const first = await firstOf(input, clock);
      const { componentName, keyName } = optionsOf(first);
      const provider = find(providers, appId, componentName);
      yield* responses(provider.decrypt(payloads(first, input), keyName));
    },
  };
}

type Request = EncryptRequest | DecryptRequest;

async function firstOf<TRequest>(
  input: AsyncIterator<TRequest>,
  clock: Clock,
): Promise<TRequest> {
  const patience = new AbortController();
  const late = sleep(clock, FIRST_MESSAGE_TIMEOUT, patience.signal).then(() => {
    throw badRequest(
      'error waiting for first message: context deadline exceeded',
    );
  });
  try {
    const { done, value } = await Promise.race([input.next(), late]);
    if (!done) return value;
  } finally {
    patience.abort();
  }
  throw failure(new Error('error receiving the first message: EOF'));
}

function optionsOf<TOptions>(request: {
  readonly options?: TOptions | undefined;
}): TOptions {
  if (request.options) return request.options;
  throw badRequest('first message does not contain the required options');
}

function require(value: string, name: string): void {
  if (value === '')
    throw badRequest(`missing property '${name}' in the options message`);
}

function find(
  providers: CryptoProviders,
  appId: string,
  name: string,
): CryptoProvider {
  if (!providers.hasAny(appId))
    throw new GrpcError(GrpcCode.internal, 'crypto providers not configured');
  if (name === '') throw badRequest('missing component name');
  const provider = providers.of(appId, name);
  if (provider) return provider;
  throw new GrpcError(
    GrpcCode.invalidArgument,
    `crypto provider ${name} not found`,
  );
}

/** @throws Error in daprd's words for what is out of order */
async function* payloads(
  first: Request,
  input: AsyncIterator<Request>,
): AsyncGenerator<Buffer> {
  let expected = 0;
  let request = first;
  for (;;) {
    if (request.payload) {
      const { data, seq } = request.payload;
      if (seq !== expected)
        throw new Error(
          `invalid sequence number received: ${seq} (expected: ${expected})`,
        );
      expected += 1;
      yield data;
    }
    const { done, value } = await input.next();
    if (done) return;
    if (value.options) throw new Error('options found in non-leading message');
    request = value;
  }
}

async function* responses(
  result: Promise<AsyncIterable<Buffer>>,
): AsyncGenerator<DecryptResponse> {
  let seq = 0;
  try {
    for await (const data of await result)
      yield { payload: { data, seq: seq++ } };
  } catch (error) {
    throw failure(error as Error);
  }
}

function badRequest(problem: string): GrpcError {
  return new GrpcError(GrpcCode.invalidArgument, `invalid request: ${problem}`);
}

function failure(error: Error): GrpcError {
  return new GrpcError(
    GrpcCode.internal,
    `failed to perform operation: ${error.message}`,
  );
}
