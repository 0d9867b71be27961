import { randomBytes } from 'node:crypto';
import { cipherOf, keyAlgorithmOf, type KeyAlgorithm } from './algorithms.js';
import { FileKey, TAG_LENGTH } from './file-key.js';
import {
  headerOf,
  NONCE_PREFIX_LENGTH,
  readHeader,
  signedHeader,
  type Header,
} from './header.js';
import { segmentsOf } from './segments.js';

/** Wraps and unwraps the keys of documents with keys of its own, which it has by name. */
export interface KeyVault {
  /** @throws Error in daprd's words */
  wrap(key: Buffer, algorithm: KeyAlgorithm, keyName: string): Promise<Buffer>;
  /** @throws Error when there is no such key, or it did not wrap this one */
  unwrap(
    wrapped: Buffer,
    algorithm: KeyAlgorithm,
    keyName: string,
  ): Promise<Buffer>;
}

/** As callers say it, in any case. */
export interface EncryptOptions {
  readonly keyName: string;
  readonly algorithm: string;
  /** '': AES-GCM. */
  readonly cipher: string;
  /** Named in the document in place of `keyName`; '': the same. */
  readonly decryptionKeyName: string;
  /** The document names no key. */
  readonly omitKeyName: boolean;
}

const SEGMENT_LENGTH = 64 * 1024;
const FILE_KEY_LENGTH = 32;

/**
 * Encrypts data as a document of the scheme `dapr.io/enc/v1`, as fast as the result is taken. What is wrong with the
 * options rejects; what goes wrong with the data comes with the result.
 * @see https://github.com/dapr/kit/blob/main/schemes/enc/v1/README.md
 * @throws Error in daprd's words
 */
export async function encryptDocument(
  data: AsyncIterable<Buffer>,
  vault: KeyVault,
  options: EncryptOptions,
): Promise<AsyncIterable<Buffer>> {
  const { keyName, decryptionKeyName, omitKeyName } = options;
  const algorithm = keyAlgorithmOf(options.algorithm);
  const cipher = cipherOf(options.cipher);
  const key = randomBytes(FILE_KEY_LENGTH);
  const noncePrefix = randomBytes(NONCE_PREFIX_LENGTH);
  const wrappedKey = await vault
    .wrap(key, algorithm, keyName)
    .catch((cause: Error) => {
      throw new Error(`failed to wrap the file key: ${cause.message}`, {
        cause,
      });
    });
  const fileKey = new FileKey(key, noncePrefix, cipher);
  const header = headerOf({
    keyName: omitKeyName ? '' : decryptionKeyName || keyName,
    algorithm,
    wrappedKey,
    cipher,
    noncePrefix,
  });
  return sealed(data, fileKey, signedHeader(header, fileKey.sign(header)));
}

/**
 * Decrypts a document, as fast as the result is taken; each part of the result is genuine. What is wrong with the header
 * rejects; what is wrong behind it comes with the result.
 * @param keyName '': the one that the document names
 * @throws Error in daprd's words
 */
export async function decryptDocument(
  document: AsyncIterable<Buffer>,
  vault: KeyVault,
  keyName: string,
): Promise<AsyncIterable<Buffer>> {
  const input = document[Symbol.asyncIterator]();
  const header = await readHeader(input);
  const { manifest, signed, signature } = header;
  const name = keyName || manifest.keyName;
  if (!name)
    throw new Error(
      "document's manifest does not contain a key name, and no key name was provided",
    );
  // A key that is not there fails no earlier than one that does not fit, so that nobody learns which keys there are.
  const key = await vault
    .unwrap(manifest.wrappedKey, manifest.algorithm, name)
    .catch(() => Buffer.alloc(0));
  const fileKey = new FileKey(
    key.length === FILE_KEY_LENGTH ? key : Buffer.alloc(FILE_KEY_LENGTH),
    manifest.noncePrefix,
    manifest.cipher,
  );
  if (!fileKey.hasSigned(signed, signature))
    throw new Error("failed to validate the document's signature");
  return opened(header, input, fileKey);
}

async function* sealed(
  data: AsyncIterable<Buffer>,
  fileKey: FileKey,
  header: Buffer,
): AsyncGenerator<Buffer> {
  yield header;
  for await (const segment of segmentsOf(data, SEGMENT_LENGTH))
    yield fileKey.seal(segment);
}

async function* opened(
  { rest }: Header,
  input: AsyncIterator<Buffer>,
  fileKey: FileKey,
): AsyncGenerator<Buffer> {
  const size = SEGMENT_LENGTH + TAG_LENGTH;
  for await (const segment of segmentsOf(behind(rest, input), size))
    yield fileKey.open(segment);
}

async function* behind(
  first: Buffer,
  input: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => input };
}
