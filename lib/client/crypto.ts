import type { Duplex } from 'node:stream';
import type { CallOptions } from './call-options.js';

/**
 * How the key of a document is wrapped: with an AES key (`A256KW`, or `AES` for short), with an RSA key (`RSA-OAEP-256`,
 * or `RSA` for short), or in AES-CBC mode, which of Dapr's components only the key vaults of clouds do.
 */
export type KeyWrapAlgorithm =
  'A256KW' | 'A128CBC' | 'A192CBC' | 'A256CBC' | 'RSA-OAEP-256' | 'AES' | 'RSA';

/** What data is encrypted with. */
export type DataEncryptionCipher = 'aes-gcm' | 'chacha20-poly1305';

export interface EncryptRequest extends CallOptions {
  /** The cryptography component that has the key. */
  readonly componentName: string;
  /** The component's name of the key, such as a `kid` or a file name. */
  readonly keyName: string;
  readonly keyWrapAlgorithm: KeyWrapAlgorithm;
  /** Default: `aes-gcm`. */
  readonly dataEncryptionCipher?: DataEncryptionCipher | undefined;
  /** The document does not name the key, so that decrypting it takes `keyName`. Default: false. */
  readonly omitDecryptionKeyName?: boolean | undefined;
  /** The key that the document names for decrypting. Default: `keyName`. */
  readonly decryptionKeyName?: string | undefined;
}

export interface DecryptRequest extends CallOptions {
  /** The cryptography component that has the key. */
  readonly componentName: string;
  /** Default: the key that the document names. */
  readonly keyName?: string | undefined;
}

/**
 * Encrypting and decrypting with keys that stay with Dapr's component. What is encrypted is a document of the scheme
 * `dapr.io/enc/v1`, which names its key.
 *
 * A call with data takes and gives all of it at once. A call without data gives a stream to write to and to read from,
 * for data of any size: it takes in no faster than it gives out, and what goes wrong destroys it with the error with
 * which a call would reject. Its `timeout` is no limit for the whole: the error comes when the sidecar has stood still
 * that long, although there was something for it to do. Streams go over gRPC, whatever the client speaks, and so does
 * data of more than 4 MiB, which Dapr takes over HTTP no more.
 * @see https://docs.dapr.io/reference/api/cryptography_api/
 */
export interface ClientCrypto {
  /** A stream that takes data, and gives the document. */
  encrypt(options: EncryptRequest): Promise<Duplex>;
  /**
   * The data as a document.
   * @param data bytes as they are; text as UTF-8
   * @throws DaprNotFoundError for a component or a key that is not there
   * @throws DaprBadRequestError for an algorithm or a cipher that Dapr does not know, or the key is not meant for
   */
  encrypt(
    data: Buffer | ArrayBuffer | ArrayBufferView | string,
    options: EncryptRequest,
  ): Promise<Buffer>;

  /** A stream that takes a document, and gives its data; each part of them is genuine, but they may break off with an error. */
  decrypt(options: DecryptRequest): Promise<Duplex>;
  /**
   * The data of a document.
   * @throws DaprNotFoundError for a component that is not there
   * @throws DaprBadRequestError for what is no document, for one that was changed, and for a key that it was not encrypted
   * for (Dapr does not tell such a key from one that is not there)
   */
  decrypt(
    data: Buffer | ArrayBuffer | ArrayBufferView,
    options: DecryptRequest,
  ): Promise<Buffer>;
}
