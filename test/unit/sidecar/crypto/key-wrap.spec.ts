import { describe, expect, it } from '@jest/globals';
import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { unwrapKey, wrapKey } from '../../../../lib/sidecar/crypto/key-wrap.js';
import { unrestricted, type Key } from '../../../../lib/sidecar/crypto/key.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const aes = (bytes: Buffer): Key => unrestricted(createSecretKey(bytes));
const plain = randomBytes(32);

describe('a wrapped key', () => {
  it('is that of RFC 3394, 4.6', () => {
    const key = aes(
      hex('000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F'),
    );
    const data = hex(
      '00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F',
    );
    const wrapped = hex(
      '28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21',
    );
    expect(wrapKey(key, 'A256KW', data)).toEqual(wrapped);
    expect(unwrapKey(key, 'A256KW', wrapped)).toEqual(data);
  });

  it('is for the private key only, where the public one wrapped it', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
    });
    const wrapped = wrapKey(unrestricted(publicKey), 'RSA-OAEP-256', plain);
    expect(
      unwrapKey(unrestricted(privateKey), 'RSA-OAEP-256', wrapped),
    ).toEqual(plain);
    expect(() =>
      unwrapKey(
        unrestricted(createPublicKey(privateKey)),
        'RSA-OAEP-256',
        wrapped,
      ),
    ).toThrow();
  });

  it.each([4, 8, 39, 40])(
    'of %i bytes that no key wrapped is refused',
    (length) => {
      const key = aes(randomBytes(32));
      expect(() => unwrapKey(key, 'A256KW', randomBytes(length))).toThrow();
    },
  );

  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  it.each([
    ['A256KW', aes(randomBytes(16)), 'key type mismatch'],
    ['A256KW', unrestricted(ec), 'key type mismatch'],
    ['RSA-OAEP-256', aes(randomBytes(32)), 'key type mismatch'],
    ['RSA-OAEP-256', unrestricted(ec), 'key type mismatch'],
    ['A128CBC-NOPAD', aes(randomBytes(16)), 'unsupported algorithm'],
    ['A192CBC-NOPAD', aes(randomBytes(24)), 'unsupported algorithm'],
    ['A256CBC-NOPAD', aes(randomBytes(32)), 'unsupported algorithm'],
  ] as const)('by %s of another key is refused', (algorithm, key, reason) => {
    expect(() => wrapKey(key, algorithm, plain)).toThrow(
      `failed to encrypt data: ${reason}`,
    );
    expect(() => unwrapKey(key, algorithm, plain)).toThrow(reason);
  });

  const key = aes(randomBytes(32));
  it.each<[string, Key, boolean, boolean]>([
    ['may do anything', key, true, true],
    ['encrypts', { ...key, use: 'enc' }, true, true],
    ['signs', { ...key, use: 'sig' }, false, false],
    ['wraps', { ...key, operations: ['wrapKey'] }, true, false],
    ['unwraps', { ...key, operations: ['unwrapKey'] }, false, true],
    ['decrypts', { ...key, operations: ['decrypt'] }, false, false],
    [
      'wraps, but signs',
      { ...key, use: 'sig', operations: ['wrapKey'] },
      false,
      false,
    ],
    ['is for A256KW', { ...key, algorithm: 'A256KW' }, true, true],
    ['is for A256GCM', { ...key, algorithm: 'A256GCM' }, false, false],
  ])('of a key that %s', (_, given, wraps, unwraps) => {
    const wrapped = wrapKey(key, 'A256KW', plain);
    const refused = /key cannot/;
    if (wraps) wrapKey(given, 'A256KW', plain);
    else expect(() => wrapKey(given, 'A256KW', plain)).toThrow(refused);
    if (unwraps) expect(unwrapKey(given, 'A256KW', wrapped)).toEqual(plain);
    else expect(() => unwrapKey(given, 'A256KW', wrapped)).toThrow(refused);
  });
});
