import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type {
  DecryptRequest,
  EncryptRequest,
  EncryptRequestOptions,
  EncryptResponse,
} from '../../lib/protocol/proto/generated/crypto.js';
import { jwksComponent } from '../support/crypto-keys.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { grpcStream, type GrpcStreamAnswer } from './grpc-streams.js';

const OPTIONS: EncryptRequestOptions = {
  componentName: 'jwks',
  keyName: 'sym',
  keyWrapAlgorithm: 'A256KW',
  dataEncryptionCipher: '',
  omitDecryptionKeyName: false,
  decryptionKeyName: '',
};
const SEGMENT = 64 * 1024;
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const INTERNAL = 13;

const part = (
  data: string | Buffer,
  seq: number,
): { payload: { data: Buffer; seq: number } } => ({
  payload: { data: Buffer.from(data), seq },
});

type Answer = GrpcStreamAnswer<EncryptResponse>;

const dataOf = ({ responses }: Answer): Buffer =>
  Buffer.concat(responses.map(({ payload }) => payload?.data ?? Buffer.of()));
const shapeOf = ({ responses }: Answer): unknown =>
  responses.map(({ payload }) => [payload?.seq, payload?.data.length]);

describe('the crypto API over gRPC', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({ resources: jwksComponent() });
  });
  afterAll(() => sidecar?.stop());

  const encrypt = (...requests: EncryptRequest[]): Promise<Answer> =>
    grpcStream(sidecar, 'encryptAlpha1', requests);
  const decrypt = (...requests: DecryptRequest[]): Promise<Answer> =>
    grpcStream(sidecar, 'decryptAlpha1', requests);
  const opened = { componentName: 'jwks', keyName: '' };

  it('takes and gives data in parts', async () => {
    const made = await encrypt(
      { options: OPTIONS, ...part('hello ', 0) },
      part('world', 1),
    );
    expect(made.code).toBe(0);
    expect(shapeOf(made)).toEqual([
      [0, 172],
      [1, 11 + 16],
    ]);
    const document = dataOf(made);
    const text = await decrypt(
      { options: opened },
      ...[...document].map((byte, index) => part(Buffer.of(byte), index)),
    );
    expect(shapeOf(text)).toEqual([[0, 11]]);
    expect(dataOf(text).toString()).toBe('hello world');
  });

  it('gives a segment at a time', async () => {
    const data = randomBytes(2 * SEGMENT + 1);
    const made = await encrypt({ options: OPTIONS, ...part(data, 0) });
    expect(shapeOf(made)).toEqual([
      [0, 172],
      [1, SEGMENT + 16],
      [2, SEGMENT + 16],
      [3, 1 + 16],
    ]);
    const back = await decrypt({ options: opened, ...part(dataOf(made), 0) });
    expect(shapeOf(back)).toEqual([
      [0, SEGMENT],
      [1, SEGMENT],
      [2, 1],
    ]);
    expect(dataOf(back).equals(data)).toBe(true);
  });

  it.each<[string, EncryptRequest[]]>([
    ['no payload', [{ options: OPTIONS }]],
    ['an empty payload', [{ options: OPTIONS, ...part('', 0) }]],
  ])('makes an empty document of %s', async (_, requests) => {
    const made = await encrypt(...requests);
    expect(shapeOf(made)).toEqual([[0, 172]]);
    const back = await decrypt({ options: opened, ...part(dataOf(made), 0) });
    expect(back).toEqual({ code: 0, message: '', responses: [] });
  });

  it('passes over messages that say nothing', async () => {
    const made = await encrypt(
      { options: OPTIONS },
      {},
      part('', 0),
      {},
      part('x', 1),
    );
    expect(shapeOf(made)).toEqual([
      [0, 172],
      [1, 17],
    ]);
  });

  it('takes options as its HTTP API takes headers', async () => {
    const made = await encrypt({
      options: {
        ...OPTIONS,
        keyName: 'rsa-public',
        keyWrapAlgorithm: 'rsa',
        dataEncryptionCipher: 'chacha20-poly1305',
        decryptionKeyName: 'rsa',
      },
      ...part('text', 0),
    });
    const document = dataOf(made);
    expect(document.toString('latin1')).toMatch(/"k":"rsa","kw":5,.*"cph":2/);
    const text = await decrypt({ options: opened, ...part(document, 0) });
    expect(dataOf(text).toString()).toBe('text');
    const nameless = await encrypt({
      options: { ...OPTIONS, omitDecryptionKeyName: true },
    });
    expect(dataOf(nameless).toString()).not.toContain('"k":');
  });

  it.each<[string, EncryptRequest[], number, string]>([
    [
      'without options',
      [part('x', 0)],
      INVALID_ARGUMENT,
      'invalid request: first message does not contain the required options',
    ],
    [
      'without anything',
      [],
      INTERNAL,
      'failed to perform operation: error receiving the first message: EOF',
    ],
    [
      'without a component',
      [{ options: { ...OPTIONS, componentName: '' } }],
      INVALID_ARGUMENT,
      'invalid request: missing component name',
    ],
    [
      'with an unknown component',
      [{ options: { ...OPTIONS, componentName: 'nope' } }],
      INVALID_ARGUMENT,
      'crypto provider nope not found',
    ],
    [
      'without a key and with an unknown component',
      [{ options: { ...OPTIONS, componentName: 'nope', keyName: '' } }],
      INVALID_ARGUMENT,
      "invalid request: missing property 'keyName' in the options message",
    ],
    [
      'without an algorithm',
      [{ options: { ...OPTIONS, keyWrapAlgorithm: '' } }],
      INVALID_ARGUMENT,
      "invalid request: missing property 'keyWrapAlgorithm' in the options message",
    ],
    [
      'with an unknown algorithm',
      [{ options: { ...OPTIONS, keyWrapAlgorithm: 'foo' } }],
      INTERNAL,
      'failed to perform operation: option Algorithm is not valid: algorithm FOO is not supported',
    ],
    [
      'with an unknown key',
      [{ options: { ...OPTIONS, keyName: 'nokey' } }],
      INTERNAL,
      'failed to perform operation: failed to wrap the file key: failed to retrieve the key encryption key: key not found',
    ],
  ])('refuses to encrypt %s', async (_, requests, code, message) => {
    expect(await encrypt(...requests)).toEqual({
      code,
      message,
      responses: [],
    });
  });

  it.each<[string, EncryptRequest[], string]>([
    [
      'a gap in the numbers',
      [{ options: OPTIONS, ...part('x', 0) }, part('y', 2)],
      'invalid sequence number received: 2 (expected: 1)',
    ],
    [
      'a number again',
      [{ options: OPTIONS, ...part('x', 0) }, part('y', 0)],
      'invalid sequence number received: 0 (expected: 1)',
    ],
    [
      'a first number that is not 0',
      [{ options: OPTIONS, ...part('x', 1) }],
      'invalid sequence number received: 1 (expected: 0)',
    ],
    [
      'options again',
      [
        { options: OPTIONS, ...part('x', 0) },
        { options: OPTIONS, ...part('y', 1) },
      ],
      'options found in non-leading message',
    ],
  ])('breaks off after the header for %s', async (_, requests, reason) => {
    const answer = await encrypt(...requests);
    expect(shapeOf(answer)).toEqual([[0, 172]]);
    expect(answer).toMatchObject({
      code: INTERNAL,
      message: `failed to perform operation: ${reason}`,
    });
  });

  it('refuses a message of more than 4 MiB', async () => {
    const answer = await encrypt({
      options: OPTIONS,
      ...part(Buffer.alloc(4 * 1024 * 1024), 0),
    });
    expect(answer.code).toBe(RESOURCE_EXHAUSTED);
  });

  describe('when it decrypts', () => {
    let document: Buffer;
    beforeAll(async () => {
      const data = randomBytes(SEGMENT + 100);
      document = dataOf(await encrypt({ options: OPTIONS, ...part(data, 0) }));
    });

    it.each<[string, (whole: Buffer) => Buffer, string, string]>([
      [
        'no document',
        () => Buffer.from('garbage'),
        '',
        'invalid header: scheme name not found',
      ],
      ['nothing', () => Buffer.of(), '', 'invalid header: scheme name'],
      [
        'with another key',
        (whole) => whole,
        'other',
        "failed to validate the document's signature",
      ],
      [
        'with a key that is not there',
        (whole) => whole,
        'nokey',
        "failed to validate the document's signature",
      ],
    ])('refuses %s', async (_, change, keyName, reason) => {
      const answer = await decrypt({
        options: { ...opened, keyName },
        ...part(change(document), 0),
      });
      expect(answer).toMatchObject({ code: INTERNAL, responses: [] });
      expect(answer.message).toContain(reason);
    });

    it('gives what is genuine, and breaks off', async () => {
      const answer = await decrypt({
        options: opened,
        ...part(document.subarray(0, -1), 0),
      });
      expect(answer).toMatchObject({
        code: INTERNAL,
        message:
          'failed to perform operation: error processing segment 1: failed to decrypt segment',
      });
      expect(shapeOf(answer)).toEqual([[0, SEGMENT]]);
    });

    it('refuses an unknown component', async () => {
      const answer = await decrypt({
        options: { ...opened, componentName: 'nope' },
      });
      expect(answer).toEqual({
        code: INVALID_ARGUMENT,
        message: 'crypto provider nope not found',
        responses: [],
      });
    });
  });
});

describe('the crypto API over gRPC without components', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(() => sidecar?.stop());

  it('refuses whatever comes', async () => {
    const requests = [{ options: OPTIONS }];
    expect(await grpcStream(sidecar, 'encryptAlpha1', requests)).toEqual({
      code: INTERNAL,
      message: 'crypto providers not configured',
      responses: [],
    });
  });
});
