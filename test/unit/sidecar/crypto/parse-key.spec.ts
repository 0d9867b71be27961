import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { jwkKey, parseKey } from '../../../../lib/sidecar/crypto/parse-key.js';

const bytes = Buffer.from(
  'fb00ff7b7b3e3f0a0d3d3d2d2d2d5f2b2f00112233445566778899aabbccddee',
  'hex',
);
const secret = (data: Buffer): Buffer => parseKey(data).material.export();

describe('a symmetric key in a file', () => {
  it.each<[string, Buffer]>([
    ['as it is', bytes],
    ['in base64', Buffer.from(bytes.toString('base64'))],
    ['in base64 with a line end', Buffer.from(`${bytes.toString('base64')}\n`)],
    [
      'in base64 over several lines',
      Buffer.from(bytes.toString('base64').replace(/.{16}/g, '$&\r\n')),
    ],
    [
      'in base64 without padding',
      Buffer.from(bytes.toString('base64').replace(/=+$/, '')),
    ],
    ['in base64 for URLs', Buffer.from(bytes.toString('base64url'))],
    [
      'as a JWK',
      Buffer.from(
        JSON.stringify({ kty: 'oct', k: bytes.toString('base64url') }),
      ),
    ],
  ])('is read %s', (_, data) => {
    expect(secret(data)).toEqual(bytes);
  });

  it.each([16, 24, 32])('of %i bytes may begin as JSON does', (length) => {
    const data = Buffer.concat([Buffer.from('{'), randomBytes(length - 1)]);
    data[1] = 0xff;
    expect(secret(data)).toEqual(data);
  });

  it('that reads as base64 is taken for it, as in Dapr', () => {
    expect(
      secret(Buffer.from('abcdefghijklmnopqrstuvwxyz012345')),
    ).toHaveLength(24);
    const text = Buffer.from('abcdefghij!lmnopqrstuvwxyz012345');
    expect(secret(text)).toEqual(text);
  });
});

describe('an asymmetric key in a file', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
  });
  it.each<[string, string | Buffer, 'private' | 'public']>([
    ['PKCS#8', privateKey.export({ format: 'pem', type: 'pkcs8' }), 'private'],
    ['PKCS#1', privateKey.export({ format: 'pem', type: 'pkcs1' }), 'private'],
    ['PKIX', publicKey.export({ format: 'pem', type: 'spki' }), 'public'],
    [
      'public PKCS#1',
      publicKey.export({ format: 'pem', type: 'pkcs1' }),
      'public',
    ],
    ['a JWK', JSON.stringify(privateKey.export({ format: 'jwk' })), 'private'],
    [
      'a public JWK',
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      'public',
    ],
  ])('is read as %s', (_, text, type) => {
    const { material } = parseKey(Buffer.from(text));
    expect(material.type).toBe(type);
    expect(material.asymmetricKeyType).toBe('rsa');
  });
});

describe('what is no key', () => {
  it.each<[string, string, 'jwk' | 'pem' | undefined, string]>([
    ['nothing', '', undefined, 'key is empty'],
    ['broken PEM', '-----BEGIN PRIVATE KEY-----\n', undefined, 'PEM'],
    ['PEM by name only', 'abc', 'pem', 'PEM'],
    ['broken JSON', '{"kty":"oct","k":"c2VjcmV0', 'jwk', 'JSON'],
    ['JSON of another kind', '{"a":1}', 'jwk', 'invalid key type'],
    ['a key set', '{"keys":[]}', 'jwk', 'invalid key type'],
    ['a key without its bytes', '{"kty":"oct"}', 'jwk', 'k is missing'],
    ['null', 'null', 'jwk', 'invalid key type'],
  ])('is refused: %s', (_, text, form, reason) => {
    expect(() => parseKey(Buffer.from(text), form)).toThrow(reason);
  });

  it('is refused without a word of it', () => {
    const text = '{"kty":"oct","k":"c2VjcmV0';
    expect(() => parseKey(Buffer.from(text), 'jwk')).toThrow(/^(?!.*c2VjcmV0)/);
  });
});

describe('a JWK', () => {
  it('says what it may be used for', () => {
    expect(
      jwkKey({
        kty: 'oct',
        k: 'AAAA',
        use: 'enc',
        key_ops: ['wrapKey'],
        alg: 'A256KW',
      }),
    ).toMatchObject({
      use: 'enc',
      operations: ['wrapKey'],
      algorithm: 'A256KW',
    });
    expect(jwkKey({ kty: 'oct', k: 'AAAA' })).toMatchObject({
      use: '',
      operations: [],
      algorithm: '',
    });
  });
});
