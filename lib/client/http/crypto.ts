import type { Duplex } from 'node:stream';
import { DaprError } from '../../errors/dapr.error.js';
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
import type { HttpChannel } from './channel.js';
import { pathPart } from './path.js';

// --max-body-size of daprd. It buffers both bodies, so that HTTP knows no streams.
const LONGEST_BODY = 4 * 1024 * 1024;

/** Cryptography over HTTP, as far as Dapr has it there. */
export class HttpCrypto implements ClientCrypto {
  /** @param overGrpc takes the rest */
  constructor(
    private readonly channel: HttpChannel,
    private readonly overGrpc: ClientCrypto,
  ) {}

  encrypt(options: EncryptRequest): Promise<Duplex>;
  encrypt(
    data: Buffer | ArrayBuffer | ArrayBufferView | string,
    options: EncryptRequest,
  ): Promise<Buffer>;
  async encrypt(
    first: unknown,
    second?: EncryptRequest,
  ): Promise<Duplex | Buffer> {
    const call = encryptCall(first, second);
    const { operation, data, options } = call;
    if (data === undefined) return this.overGrpc.encrypt(options);
    if (data.length > LONGEST_BODY) return this.overGrpc.encrypt(data, options);
    const document = await this.send(call, data, 'encrypt', {
      'dapr-key-name': options.keyName,
      'dapr-key-wrap-algorithm': wireAlgorithm(options.keyWrapAlgorithm),
      'dapr-data-encryption-cipher': options.dataEncryptionCipher,
      'dapr-omit-decryption-key-name': options.omitDecryptionKeyName
        ? 'true'
        : undefined,
      'dapr-decryption-key-name': options.decryptionKeyName,
    });
    requireWhole(operation, document, data);
    return document;
  }

  decrypt(options: DecryptRequest): Promise<Duplex>;
  decrypt(
    data: Buffer | ArrayBuffer | ArrayBufferView,
    options: DecryptRequest,
  ): Promise<Buffer>;
  async decrypt(
    first: unknown,
    second?: DecryptRequest,
  ): Promise<Duplex | Buffer> {
    const call = decryptCall(first, second);
    const { data, options } = call;
    if (data === undefined) return this.overGrpc.decrypt(options);
    if (data.length > LONGEST_BODY) return this.overGrpc.decrypt(data, options);
    return this.send(call, data, 'decrypt', {
      'dapr-key-name': options.keyName,
    });
  }

  private async send(
    { operation, options }: CryptoCall<EncryptRequest | DecryptRequest>,
    body: Buffer,
    verb: 'encrypt' | 'decrypt',
    headers: Readonly<Record<string, string | undefined>>,
  ): Promise<Buffer> {
    const component = pathPart(
      operation,
      'component name',
      options.componentName,
    );
    const answer = await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'PUT',
      path: `/v1.0-alpha1/crypto/${component}/${verb}`,
      headers: inUtf8(headers),
      contentType: 'application/octet-stream',
      body,
      options,
      repeatable: true,
    });
    return answer.body;
  }
}

/** Header values as undici writes them, which takes each character for a byte. */
function inUtf8(
  headers: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value && Buffer.from(value).toString('latin1'),
    ]),
  );
}

const SEGMENT = 64 * 1024;
const TAG = 16;

/**
 * Of a body that is one byte longer than its --max-body-size, daprd encrypts all but that byte, and says nothing
 * (dapr/kit streams/limitreadcloser.go).
 */
function requireWhole(operation: string, document: Buffer, data: Buffer): void {
  let header = 0;
  for (let line = 0; line < 3; line += 1)
    header = document.indexOf('\n', header) + 1;
  const sealed = data.length + TAG * Math.ceil(data.length / SEGMENT);
  if (document.length - header === sealed) return;
  throw new DaprError(
    `${operation} failed: the sidecar left out a part of the data, which is longer than its --max-body-size. Use a stream.`,
    { operation, status: 200 },
  );
}
