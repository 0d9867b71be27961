import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { requireTimeout, type CallOptions } from '../call-options.js';
import {
  decryptCall,
  encryptCall,
  wireAlgorithm,
  type CryptoCall,
} from '../crypto-call.js';
import type {
  ClientCrypto,
  DecryptRequest,
  EncryptRequest,
} from '../crypto.js';
import { timeoutError } from '../transport-error.js';
import type { GrpcChannel } from './channel.js';
import { CryptoStream, type CryptoStreamOptions } from './crypto-stream.js';

/** What a call of either kind needs to become a stream. */
type Parts<TOptions> = Pick<CryptoStreamOptions<TOptions>, 'open' | 'first'>;

const CODE = 'ERR_CRYPTO';

/** Cryptography over gRPC. */
export class GrpcCrypto implements ClientCrypto {
  constructor(private readonly channel: GrpcChannel) {}

  encrypt(options: EncryptRequest): Promise<Duplex>;
  encrypt(data: unknown, options: EncryptRequest): Promise<Buffer>;
  async encrypt(
    first: unknown,
    second?: EncryptRequest,
  ): Promise<Duplex | Buffer> {
    const call = encryptCall(first, second);
    const { operation, options } = call;
    return this.#run(call, {
      open: (link) =>
        link.duplex('encryptAlpha1', { operation, errorCode: CODE }),
      first: {
        componentName: options.componentName,
        keyName: options.keyName,
        keyWrapAlgorithm: wireAlgorithm(options.keyWrapAlgorithm),
        dataEncryptionCipher: options.dataEncryptionCipher ?? '',
        omitDecryptionKeyName: options.omitDecryptionKeyName ?? false,
        decryptionKeyName: options.decryptionKeyName ?? '',
      },
    });
  }

  decrypt(options: DecryptRequest): Promise<Duplex>;
  decrypt(data: unknown, options: DecryptRequest): Promise<Buffer>;
  async decrypt(
    first: unknown,
    second?: DecryptRequest,
  ): Promise<Duplex | Buffer> {
    const call = decryptCall(first, second);
    const { operation, options } = call;
    const { componentName, keyName = '' } = options;
    return this.#run(call, {
      open: (link) =>
        link.duplex('decryptAlpha1', { operation, errorCode: CODE }),
      first: { componentName, keyName },
    });
  }

  async #run<TOptions>(
    { operation, options, data }: CryptoCall<CallOptions>,
    parts: Parts<TOptions>,
  ): Promise<Duplex | Buffer> {
    const link = await this.channel.load();
    const { timeout = link.options.timeout, signal } = options;
    requireTimeout(operation, timeout);
    signal?.throwIfAborted();
    const stream = new CryptoStream<TOptions>({
      ...parts,
      operation,
      link,
      timeout,
      signal,
    });
    if (data === undefined) return stream;
    const timer =
      timeout === Infinity
        ? undefined
        : link.options.clock.schedule(timeout, () =>
            stream.destroy(timeoutError(operation, link.description, timeout)),
          );
    stream.end(data);
    return buffer(stream).finally(() => timer?.cancel());
  }
}
