import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import {
  decryptDocument,
  encryptDocument,
  type EncryptOptions,
  type KeyVault,
} from '../../../../lib/sidecar/crypto/document.js';

const SEGMENT = 64 * 1024;
const TAG = 16;

/** Wraps nothing: what counts here is what happens to the data. */
const vault: KeyVault = {
  wrap: (key) => Promise.resolve(key),
  unwrap: (wrapped) => Promise.resolve(wrapped),
};

const OPTIONS: EncryptOptions = {
  keyName: 'key',
  algorithm: 'AES',
  cipher: '',
  decryptionKeyName: '',
  omitKeyName: false,
};

async function* chunksOf(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size)
    yield data.subarray(at, at + size);
}

async function encrypt(
  data: Buffer,
  options: Partial<EncryptOptions> = {},
  size = 10_000,
): Promise<Buffer> {
  return buffer(
    await encryptDocument(chunksOf(data, size), vault, {
      ...OPTIONS,
      ...options,
    }),
  );
}

async function decrypt(document: Buffer, size = 10_000): Promise<Buffer> {
  return buffer(await decryptDocument(chunksOf(document, size), vault, ''));
}

/** Jest compares bytes one by one. */
function expectSame(actual: Buffer, expected: Buffer): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.equals(expected)).toBe(true);
}

/** Where the sealed data begins. */
function payloadAt(document: Buffer): number {
  let at = 0;
  for (let line = 0; line < 3; line += 1) at = document.indexOf('\n', at) + 1;
  return at;
}

describe('a document', () => {
  const lengths = [
    0,
    1,
    SEGMENT - 1,
    SEGMENT,
    SEGMENT + 1,
    2 * SEGMENT,
    300_000,
  ];

  describe.each(['aes-gcm', 'CHACHA20-POLY1305'])('of %s', (cipher) => {
    it.each(lengths)('gives back %i bytes', async (length) => {
      const data = randomBytes(length);
      const document = await encrypt(data, { cipher });
      expect(document.length - payloadAt(document)).toBe(
        length + TAG * Math.ceil(length / SEGMENT),
      );
      expectSame(await decrypt(document), data);
    });
  });

  it.each([1, 7, 1000, SEGMENT, SEGMENT + TAG, 1_000_000])(
    'is the same in chunks of %i bytes',
    async (size) => {
      const data = randomBytes(size === 1 ? 5_000 : 200_000);
      const document = await encrypt(data, {}, size);
      expectSame(await decrypt(document, size), data);
    },
  );

  it('is another one each time', async () => {
    const data = Buffer.from('the same');
    const [one, two] = await Promise.all([encrypt(data), encrypt(data)]);
    expect(one.equals(two)).toBe(false);
  });

  it('is made no faster than it is taken', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        taken += 1;
        yield randomBytes(SEGMENT);
      }
    }
    const sealed = (await encryptDocument(endless(), vault, OPTIONS))[
      Symbol.asyncIterator
    ]();
    await sealed.next();
    expect(taken).toBe(0);
    for (const segments of [1, 2, 3]) {
      await sealed.next();
      // A segment can be sealed only when it is known whether it is the last one.
      expect(taken).toBe(segments + 1);
    }
    await sealed.return?.();
  });

  it('is opened no faster than its data are taken', async () => {
    const document = await encrypt(randomBytes(20 * SEGMENT));
    let taken = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const chunk of chunksOf(document, SEGMENT + TAG)) {
        taken += 1;
        yield chunk;
      }
    }
    const opened = (await decryptDocument(counted(), vault, ''))[
      Symbol.asyncIterator
    ]();
    expect(taken).toBe(1);
    await opened.next();
    expect(taken).toBe(2);
    await opened.next();
    expect(taken).toBe(3);
    await opened.return?.();
  });

  describe('that was changed', () => {
    const data = randomBytes(3 * SEGMENT + 100);
    const sealed = SEGMENT + TAG;
    const at = (document: Buffer, segment: number): number =>
      payloadAt(document) + segment * sealed;
    const flipped = (document: Buffer, index: number): Buffer => {
      const copy = Buffer.from(document);
      copy[index] = (copy[index] as number) ^ 1;
      return copy;
    };

    it.each<[string, (document: Buffer) => Buffer, number]>([
      [
        'a bit of the first segment',
        (whole) => flipped(whole, at(whole, 0)),
        0,
      ],
      ['a bit of a tag', (whole) => flipped(whole, at(whole, 2) - 1), 1],
      ['the last bit', (whole) => flipped(whole, whole.length - 1), 3],
      ['no last byte', (whole) => whole.subarray(0, -1), 3],
      ['no last segment', (whole) => whole.subarray(0, at(whole, 3)), 2],
      [
        'no segment in the middle',
        (whole) =>
          Buffer.concat([
            whole.subarray(0, at(whole, 1)),
            whole.subarray(at(whole, 2)),
          ]),
        1,
      ],
      [
        'two segments in each other’s place',
        (whole) =>
          Buffer.concat([
            whole.subarray(0, at(whole, 0)),
            whole.subarray(at(whole, 1), at(whole, 2)),
            whole.subarray(at(whole, 0), at(whole, 1)),
            whole.subarray(at(whole, 2)),
          ]),
        0,
      ],
      [
        'something behind it',
        (whole) => Buffer.concat([whole, Buffer.from('x')]),
        3,
      ],
    ])(
      '(%s) gives the genuine part, then fails',
      async (_, change, segment) => {
        const document = change(await encrypt(data));
        const opened: Buffer[] = [];
        const open = async (): Promise<void> => {
          const parts = await decryptDocument(
            chunksOf(document, 10_000),
            vault,
            '',
          );
          for await (const part of parts) opened.push(part);
        };
        await expect(open()).rejects.toThrow(
          `error processing segment ${segment}: failed to decrypt segment`,
        );
        expectSame(Buffer.concat(opened), data.subarray(0, segment * SEGMENT));
      },
    );

    it.each([14, 20, 60])(
      'in its header, at %i, is not opened at all',
      async (index) => {
        const document = flipped(await encrypt(data), index);
        await expect(decrypt(document)).rejects.toThrow(
          /invalid header|signature/,
        );
      },
    );

    it('has a signature of the header as it stands', async () => {
      const document = await encrypt(Buffer.from('data'), {
        decryptionKeyName: 'mine',
      });
      const renamed = Buffer.from(
        document.toString('latin1').replace('"mine"', '"your"'),
        'latin1',
      );
      await expect(decrypt(renamed)).rejects.toThrow(
        "failed to validate the document's signature",
      );
    });
  });

  it('with the header of another one is not opened', async () => {
    const [one, two] = await Promise.all([
      encrypt(Buffer.from('one')),
      encrypt(Buffer.from('two')),
    ]);
    const mixed = Buffer.concat([
      one.subarray(0, payloadAt(one)),
      two.subarray(payloadAt(two)),
    ]);
    await expect(decrypt(mixed)).rejects.toThrow('failed to decrypt segment');
  });

  it('names its key as JSON that Go reads', async () => {
    const document = await encrypt(Buffer.from('x'), {
      decryptionKeyName: '<a>\n"b" & ü',
    });
    const [, manifest = ''] = document.toString().split('\n');
    expect(manifest).toContain('"\\u003ca\\u003e\\n\\"b\\" \\u0026 ü"');
    expect(await decrypt(document)).toEqual(Buffer.from('x'));
  });

  it('with a header of more than a segment is not made', async () => {
    const made = encrypt(Buffer.from('x'), {
      decryptionKeyName: 'k'.repeat(SEGMENT),
    });
    await expect(made).rejects.toThrow('header is too long');
  });

  it('fails as its data fail', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield randomBytes(2 * SEGMENT);
      throw new Error('no more');
    }
    const sealed = await encryptDocument(broken(), vault, OPTIONS);
    await expect(buffer(sealed)).rejects.toThrow('no more');
  });
});
