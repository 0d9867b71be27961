import {
  constants,
  createCipheriv,
  createDecipheriv,
  privateDecrypt,
  publicEncrypt,
  type KeyObject,
} from 'node:crypto';
import type { KeyAlgorithm } from './algorithms.js';
import { requireUsable, type Key } from './key.js';

// RFC 3394, 2.2.3.1
const INITIAL_VALUE = Buffer.alloc(8, 0xa6);
const OAEP = {
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
};

/**
 * Wraps a key as the components of Dapr do that have their keys at hand: of the algorithms in a document, those of AES in
 * CBC mode are for key vaults alone (dapr/kit crypto/crypto.go).
 * @throws Error in daprd's words
 */
export function wrapKey(
  key: Key,
  algorithm: KeyAlgorithm,
  plain: Buffer,
): Buffer {
  requireUsable(key, 'wrapKey', algorithm);
  try {
    return wrap(key.material, algorithm, plain);
  } catch (cause) {
    throw new Error(`failed to encrypt data: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** @throws Error when the key did not wrap this one */
export function unwrapKey(
  key: Key,
  algorithm: KeyAlgorithm,
  wrapped: Buffer,
): Buffer {
  requireUsable(key, 'unwrapKey', algorithm);
  const { material } = key;
  switch (algorithm) {
    case 'A256KW': {
      const cipher = createDecipheriv(
        'id-aes256-wrap',
        aesKey(material),
        INITIAL_VALUE,
      );
      return Buffer.concat([cipher.update(wrapped), cipher.final()]);
    }
    case 'RSA-OAEP-256':
      return privateDecrypt({ key: rsaKey(material), ...OAEP }, wrapped);
    default:
      throw new Error('unsupported algorithm');
  }
}

function wrap(
  material: KeyObject,
  algorithm: KeyAlgorithm,
  plain: Buffer,
): Buffer {
  switch (algorithm) {
    case 'A256KW': {
      const cipher = createCipheriv(
        'id-aes256-wrap',
        aesKey(material),
        INITIAL_VALUE,
      );
      return Buffer.concat([cipher.update(plain), cipher.final()]);
    }
    case 'RSA-OAEP-256':
      return publicEncrypt({ key: rsaKey(material), ...OAEP }, plain);
    default:
      throw new Error('unsupported algorithm');
  }
}

function aesKey(material: KeyObject): KeyObject {
  if (material.symmetricKeySize === 32) return material;
  throw new Error('key type mismatch');
}

function rsaKey(material: KeyObject): KeyObject {
  if (material.asymmetricKeyType === 'rsa') return material;
  throw new Error('key type mismatch');
}
