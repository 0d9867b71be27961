import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Readable, type Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import {
  DaprBadRequestError,
  DaprNotFoundError,
  type DecryptRequest,
  type EncryptRequest,
} from '../../lib/index.js';
import { RECORDED_KEYS } from '../support/crypto-keys.js';
import { component } from '../conformance/components.js';
import { describeParity } from './parity.js';

const NAMES = ['a/b', 'a?b', 'a#b', 'a%2Fb', 'a+b c', 'schlüssel €', '鍵'];

/** The recorded keys, and the first of them under further names. */
function jwks(): string {
  const { keys } = JSON.parse(RECORDED_KEYS) as { keys: object[] };
  const more = NAMES.map((kid) => ({ ...keys[0], kid }));
  return JSON.stringify({ keys: [...keys, ...more] });
}

const SYM: EncryptRequest = {
  componentName: 'vault',
  keyName: 'sym',
  keyWrapAlgorithm: 'AES',
};
const VAULT: DecryptRequest = { componentName: 'vault' };
const MIB = 1024 * 1024;

describeParity(
  'crypto',
  {
    resources: () => component('crypto.dapr.jwks', 'vault', { jwks: jwks() }),
  },
  (run) => {
    const same = (actual: Buffer, expected: Buffer): void => {
      expect(actual.length).toBe(expected.length);
      expect(actual.equals(expected)).toBe(true);
    };
    const throughStream = (
      stream: Duplex,
      source: Iterable<Buffer>,
    ): Promise<Buffer> => pipeline(Readable.from(source), stream, buffer);

    it.each<[string, Buffer | ArrayBuffer | ArrayBufferView | string, Buffer]>([
      ['text', 'grüß dich €', Buffer.from('grüß dich €')],
      [
        'a Buffer',
        Buffer.from('00fffe80', 'hex'),
        Buffer.from('00fffe80', 'hex'),
      ],
      ['an ArrayBuffer', Uint8Array.of(1, 2, 3).buffer, Buffer.of(1, 2, 3)],
      [
        'a DataView',
        new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2),
        Buffer.of(2, 3),
      ],
      ['no bytes', Buffer.of(), Buffer.of()],
      ['no text', '', Buffer.of()],
    ])('gives back %s', async (_, data, expected) => {
      const document = await run.client.crypto.encrypt(data, SYM);
      expect(document.toString('latin1')).toMatch(/^dapr\.io\/enc\/v1\n/);
      same(await run.client.crypto.decrypt(document, VAULT), expected);
    });

    it('encrypts the six bytes of a view, and nothing around them [C2]', async () => {
      const larger = Uint8Array.from({ length: 64 }, (_, index) => index);
      const view = larger.subarray(10, 16);
      const document = await run.client.crypto.encrypt(view, SYM);
      same(
        await run.client.crypto.decrypt(document, VAULT),
        Buffer.of(10, 11, 12, 13, 14, 15),
      );
      const around = new Uint8Array(document.length + 20);
      around.set(document, 10);
      same(
        await run.client.crypto.decrypt(
          around.subarray(10, 10 + document.length),
          VAULT,
        ),
        Buffer.of(10, 11, 12, 13, 14, 15),
      );
    });

    it.each([4 * MIB, 4 * MIB + 1, 10 * MIB])(
      'gives back %i bytes',
      async (length) => {
        const data = randomBytes(length);
        const document = await run.client.crypto.encrypt(data, SYM);
        same(await run.client.crypto.decrypt(document, VAULT), data);
      },
    );

    it.each(['A256KW', 'AES', 'RSA-OAEP-256', 'RSA'] as const)(
      'wraps keys by %s',
      async (keyWrapAlgorithm) => {
        const keyName = keyWrapAlgorithm.startsWith('A') ? 'sym' : 'rsa';
        const document = await run.client.crypto.encrypt('text', {
          ...SYM,
          keyName,
          keyWrapAlgorithm,
        });
        const text = await run.client.crypto.decrypt(document, VAULT);
        expect(text.toString()).toBe('text');
      },
    );

    it.each(['A128CBC', 'A192CBC', 'A256CBC'] as const)(
      'asks for %s by the name that Dapr has for it',
      async (keyWrapAlgorithm) => {
        const made = run.client.crypto.encrypt('x', {
          ...SYM,
          keyWrapAlgorithm,
        });
        await expect(made).rejects.toThrow(DaprBadRequestError);
        // Not "option Algorithm is not valid": a key vault would take it.
        await expect(made).rejects.toThrow(/unsupported algorithm/);
      },
    );

    it.each(['aes-gcm', 'chacha20-poly1305'] as const)(
      'encrypts with %s',
      async (dataEncryptionCipher) => {
        const document = await run.client.crypto.encrypt('text', {
          ...SYM,
          dataEncryptionCipher,
        });
        expect(document.toString('latin1')).toContain(
          `"cph":${dataEncryptionCipher === 'aes-gcm' ? 1 : 2}`,
        );
        const text = await run.client.crypto.decrypt(document, VAULT);
        expect(text.toString()).toBe('text');
      },
    );

    it('leaves out the name of the key', async () => {
      const document = await run.client.crypto.encrypt('text', {
        ...SYM,
        omitDecryptionKeyName: true,
      });
      const nameless = run.client.crypto.decrypt(document, VAULT);
      await expect(nameless).rejects.toThrow(DaprBadRequestError);
      await expect(nameless).rejects.toThrow(/with keyName/);
      const text = await run.client.crypto.decrypt(document, {
        ...VAULT,
        keyName: 'sym',
      });
      expect(text.toString()).toBe('text');
    });

    it('names another key for decrypting', async () => {
      const document = await run.client.crypto.encrypt('text', {
        ...SYM,
        keyName: 'rsa-public',
        keyWrapAlgorithm: 'RSA',
        decryptionKeyName: 'rsa',
      });
      const text = await run.client.crypto.decrypt(document, VAULT);
      expect(text.toString()).toBe('text');
    });

    it.each(NAMES)('finds the key %j [C4]', async (keyName) => {
      const document = await run.client.crypto.encrypt('text', {
        ...SYM,
        keyName,
      });
      const text = await run.client.crypto.decrypt(document, {
        ...VAULT,
        keyName,
      });
      expect(text.toString()).toBe('text');
    });

    describe('when it fails', () => {
      /** The same failure of the data and of the stream. */
      const failures = (
        verb: 'encrypt' | 'decrypt',
        data: () => Promise<Buffer> | Buffer,
        options: Partial<EncryptRequest>,
      ): Record<string, () => Promise<Buffer>> => {
        const { crypto } = run.client;
        const all = { ...(verb === 'encrypt' ? SYM : VAULT), ...options };
        const request = all as EncryptRequest;
        const isEncrypt = verb === 'encrypt';
        return {
          data: async () =>
            isEncrypt
              ? crypto.encrypt(await data(), request)
              : crypto.decrypt(await data(), request),
          stream: async () =>
            throughStream(
              await (isEncrypt
                ? crypto.encrypt(request)
                : crypto.decrypt(request)),
              [await data()],
            ),
        };
      };
      const text = (): Buffer => Buffer.from('text');
      const made = (): Promise<Buffer> =>
        run.client.crypto.encrypt(randomBytes(200_000), SYM);
      const changed = async (): Promise<Buffer> => {
        const document = await made();
        const at = document.length - 1;
        document[at] = (document[at] as number) ^ 1;
        return document;
      };
      const cut = async (): Promise<Buffer> => (await made()).subarray(0, -1);

      it.each<
        [
          string,
          'encrypt' | 'decrypt',
          () => Promise<Buffer> | Buffer,
          Partial<EncryptRequest>,
          typeof DaprNotFoundError,
          RegExp,
        ]
      >([
        [
          'an unknown component',
          'encrypt',
          text,
          { componentName: 'nope' },
          DaprNotFoundError,
          /crypto\.encrypt "nope" key "sym" failed: .*resources/,
        ],
        [
          'an unknown component',
          'decrypt',
          text,
          { componentName: 'nope' },
          DaprNotFoundError,
          /crypto\.decrypt "nope" failed: .*resources/,
        ],
        [
          'an unknown key',
          'encrypt',
          text,
          { keyName: 'nokey' },
          DaprNotFoundError,
          /crypto\.encrypt "vault" key "nokey" failed: .*Check the name of the/,
        ],
        [
          'an unknown algorithm',
          'encrypt',
          text,
          { keyWrapAlgorithm: 'FOO' as 'AES' },
          DaprBadRequestError,
          /algorithm FOO is not supported/,
        ],
        [
          'an unknown cipher',
          'encrypt',
          text,
          { dataEncryptionCipher: 'foo' as 'aes-gcm' },
          DaprBadRequestError,
          /cipher FOO is not supported/,
        ],
        [
          'a key of another kind',
          'encrypt',
          text,
          { keyName: 'rsa' },
          DaprBadRequestError,
          /key type mismatch.*Take a key that is made for this algorithm/,
        ],
        [
          'a key for signing',
          'encrypt',
          text,
          { keyName: 'signing' },
          DaprBadRequestError,
          /other uses/,
        ],
        [
          'no document',
          'decrypt',
          text,
          {},
          DaprBadRequestError,
          /no document that Dapr encrypted/,
        ],
        [
          'another key',
          'decrypt',
          made,
          { keyName: 'other' },
          DaprBadRequestError,
          /key "other" failed: .*not the one that the document/,
        ],
        [
          'a key that is not there',
          'decrypt',
          made,
          { keyName: 'nokey' },
          DaprBadRequestError,
          /The key is not there, or/,
        ],
        [
          'a changed document',
          'decrypt',
          changed,
          {},
          DaprBadRequestError,
          /segment 3: .*The document was changed/,
        ],
        [
          'a part of a document',
          'decrypt',
          cut,
          {},
          DaprBadRequestError,
          /segment 3: .*a part of it is missing/,
        ],
      ])(
        '(%s, %s) rejects, and destroys the stream, with the same error [C3]',
        async (_, verb, data, options, kind, message) => {
          const kinds = failures(verb, data, options);
          for (const [form, attempt] of Object.entries(kinds)) {
            const error: unknown = await attempt().catch((e: unknown) => e);
            expect([form, error]).toEqual([form, expect.any(kind)]);
            expect((error as Error).message).toMatch(message);
          }
        },
      );

      it('tells Dapr’s code', async () => {
        const unknown = run.client.crypto.encrypt('x', {
          ...SYM,
          componentName: 'nope',
        });
        await expect(unknown).rejects.toMatchObject({
          errorCode: 'ERR_CRYPTO_PROVIDER_NOT_FOUND',
          status: 400,
        });
        const failed = run.client.crypto.encrypt('x', {
          ...SYM,
          keyName: 'nokey',
        });
        await expect(failed).rejects.toMatchObject({
          errorCode: 'ERR_CRYPTO',
          status: 500,
        });
        const broken = run.client.crypto.decrypt(await changed(), VAULT);
        // Of data that break off, daprd's HTTP API has no code.
        await expect(broken).rejects.toMatchObject({
          errorCode: run.protocol === 'HTTP' ? 'ERROR' : 'ERR_CRYPTO',
          status: 500,
        });
      });

      it('rejects with the reason of the signal', async () => {
        const signal = AbortSignal.abort(new Error('not now'));
        const options = { ...SYM, signal };
        const whole = run.client.crypto.encrypt('x', options);
        await expect(whole).rejects.toThrow('not now');
        await expect(run.client.crypto.encrypt(options)).rejects.toThrow(
          'not now',
        );
      });

      it('destroys a stream with the reason of the signal', async () => {
        const abort = new AbortController();
        const stream = await run.client.crypto.encrypt({
          ...SYM,
          signal: abort.signal,
        });
        const document: Buffer[] = [];
        const read = (async () => {
          for await (const chunk of stream) {
            document.push(chunk as Buffer);
            abort.abort(new Error('enough'));
          }
        })();
        stream.write('x');
        await expect(read).rejects.toThrow('enough');
        expect(stream.destroyed).toBe(true);
        // The header, which comes at once.
        expect(document).toHaveLength(1);
      });
    });

    describe('as a stream', () => {
      it.each([0, 1, 65_536, 300_000])(
        'gives back %i bytes',
        async (length) => {
          const data = randomBytes(length);
          const document = await throughStream(
            await run.client.crypto.encrypt(SYM),
            [data],
          );
          same(
            await throughStream(await run.client.crypto.decrypt(VAULT), [
              document,
            ]),
            data,
          );
        },
      );

      it('makes what decrypts as a whole, and the other way round', async () => {
        const { crypto } = run.client;
        const data = randomBytes(100_000);
        const one = await throughStream(await crypto.encrypt(SYM), [data]);
        same(await crypto.decrypt(one, VAULT), data);
        const two = await crypto.encrypt(data, SYM);
        same(await throughStream(await crypto.decrypt(VAULT), [two]), data);
      });

      it('takes text and views of buffers', async () => {
        const stream = await run.client.crypto.encrypt(SYM);
        stream.write('ü');
        stream.write(Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
        stream.end();
        const document = await buffer(stream);
        same(
          await run.client.crypto.decrypt(document, VAULT),
          Buffer.of(0xc3, 0xbc, 1, 2),
        );
      });

      it('gives what it has while more is to come', async () => {
        const { crypto } = run.client;
        const encrypting = await crypto.encrypt(SYM);
        const decrypting = await crypto.decrypt(VAULT);
        const opened = encrypting.pipe(decrypting)[Symbol.asyncIterator]();
        // Whether a segment is the last one shows only by what comes behind it, on either side.
        const data = randomBytes(140_000);
        encrypting.write(data);
        const { value } = (await opened.next()) as { value: Buffer };
        same(value, data.subarray(0, 65_536));
        encrypting.end();
        const rest: Buffer[] = [];
        for await (const part of { [Symbol.asyncIterator]: () => opened })
          rest.push(part as Buffer);
        same(Buffer.concat(rest), data.subarray(65_536));
      });

      it('holds no more than a few MiB, however much goes through and however slowly it is taken', async () => {
        const { crypto } = run.client;
        const chunk = randomBytes(64 * 1024);
        const total = 32 * MIB;
        let given = 0;
        let taken = 0;
        let most = 0;
        function* source(): Generator<Buffer> {
          for (; given < total; given += chunk.length) {
            most = Math.max(most, given - taken);
            yield chunk;
          }
        }
        await pipeline(
          Readable.from(source()),
          await crypto.encrypt(SYM),
          await crypto.decrypt(VAULT),
          async (data: AsyncIterable<Buffer>) => {
            for await (const part of data) {
              // The reader is last in turn.
              await new Promise((resolve) => setImmediate(resolve));
              taken += part.length;
            }
          },
        );
        expect(taken).toBe(total);
        expect(most).toBeLessThan(8 * MIB);
      });

      it('goes no further when nobody reads any more', async () => {
        const stream = await run.client.crypto.encrypt(SYM);
        function* endless(): Generator<Buffer> {
          for (;;) yield Buffer.alloc(64 * 1024);
        }
        const piped = pipeline(
          Readable.from(endless()),
          stream,
          async (data: AsyncIterable<Buffer>) => {
            for await (const part of data) if (part.length > 1000) break;
          },
        );
        await expect(piped).rejects.toThrow();
        expect(stream.destroyed).toBe(true);
      });
    });
  },
);
