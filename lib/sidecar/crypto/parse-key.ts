import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
} from 'node:crypto';
import { unrestricted, type Key } from './key.js';

/**
 * A key in one of the forms that Dapr reads (dapr/kit crypto/keys.go): a JWK, PEM, or the bytes of a symmetric key,
 * written out or in base64.
 * @param form what the bytes are known to be; undefined: guessed by their beginning
 * @throws Error with the reason
 */
export function parseKey(bytes: Buffer, form?: 'jwk' | 'pem'): Key {
  if (bytes.length === 0) throw new Error('key is empty');
  switch (form ?? guess(bytes)) {
    case 'jwk':
      return jwkKey(parseJson(bytes.toString()));
    case 'pem':
      return unrestricted(pemKey(bytes.toString()));
    default:
      return unrestricted(createSecretKey(symmetricBytes(bytes)));
  }
}

/** @throws Error with the reason */
export function jwkKey(json: unknown): Key {
  const jwk = Object(json) as Record<string, unknown>;
  const text = (name: string): string =>
    typeof jwk[name] === 'string' ? jwk[name] : '';
  const operations = jwk['key_ops'];
  return {
    material: jwkMaterial(jwk as JsonWebKey),
    use: text('use'),
    operations: Array.isArray(operations) ? operations : [],
    algorithm: text('alg'),
  };
}

// AES keys as they are have one of these lengths, and may begin with any byte.
const AES_LENGTHS = [16, 24, 32];

function guess(bytes: Buffer): 'jwk' | 'pem' | 'bytes' {
  if (bytes[0] === 0x7b && !AES_LENGTHS.includes(bytes.length)) return 'jwk';
  return bytes.length > 10 && bytes.toString('latin1', 0, 5) === '-----'
    ? 'pem'
    : 'bytes';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: V8's message quotes the key.
    throw new Error('failed to unmarshal JSON into key hint');
  }
}

function jwkMaterial(jwk: JsonWebKey): Key['material'] {
  switch (jwk.kty) {
    case 'oct':
      if (!jwk.k) throw new Error('required field k is missing');
      return createSecretKey(Buffer.from(jwk.k, 'base64url'));
    case 'RSA':
    case 'EC':
    case 'OKP': {
      const key = { key: jwk, format: 'jwk' } as const;
      return jwk.d === undefined ? createPublicKey(key) : createPrivateKey(key);
    }
    default:
      throw new Error(`invalid key type from JSON (${jwk.kty ?? ''})`);
  }
}

function pemKey(text: string): Key['material'] {
  try {
    return text.includes('PRIVATE KEY')
      ? createPrivateKey(text)
      : createPublicKey(text);
  } catch {
    throw new Error('failed to parse PEM encoded key');
  }
}

const BASE64 = /^[A-Za-z0-9+/\r\n]*$/;
const BASE64URL = /^[A-Za-z0-9_\-\r\n]*$/;

/** Text that reads as base64 is taken for it, be it meant so or not. */
function symmetricBytes(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').replace(/[\n=]+$/, '');
  const isWhole = text.replace(/[\r\n]/g, '').length % 4 !== 1;
  return isWhole && (BASE64.test(text) || BASE64URL.test(text))
    ? Buffer.from(text, 'base64')
    : bytes;
}
