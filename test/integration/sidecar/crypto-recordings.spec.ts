import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, type WireAnswer } from '../../conformance/wire.js';
import { jwksComponent } from '../../support/crypto-keys.js';
import { recordings, type Recording } from '../../support/recordings.js';
import { Stage } from '../../support/stage.js';

type Bytes = { readonly body?: string; readonly bodyBase64?: string };

const bytesOf = ({ body = '', bodyBase64 }: Bytes): Buffer =>
  bodyBase64 === undefined
    ? Buffer.from(body)
    : Buffer.from(bodyBase64, 'base64');

const all = recordings('crypto');
const made = all.filter(
  ({ request, response }) =>
    request.url.endsWith('/encrypt') && response.status === 200,
);

describe('the crypto API against recordings of daprd', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ resources: jwksComponent() });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const send = ({ request }: Recording): Promise<WireAnswer> =>
    call(
      stage.sidecar,
      request.method,
      request.url,
      bytesOf(request),
      Object.fromEntries(request.headers ?? []),
    );
  const decrypt = (document: Buffer, keyName?: string): Promise<WireAnswer> =>
    call(
      stage.sidecar,
      'PUT',
      '/v1.0-alpha1/crypto/jwks/decrypt',
      document,
      keyName === undefined ? {} : { 'dapr-key-name': keyName },
    );

  it.each(all.filter((each) => !made.includes(each)))(
    'answers the same: $name',
    async (recording) => {
      const answer = await send(recording);
      const { response } = recording;
      expect(answer.status).toBe(response.status);
      expect(answer.headers['content-type']).toBe(
        response.headers?.find(([name]) => name === 'Content-Type')?.[1],
      );
      expect(answer.body).toEqual(bytesOf(response));
    },
  );

  /** A document without what chance decides: key, nonce, signature and data are there as their lengths. */
  const shape = (document: Buffer): unknown => {
    const lines = document.toString('latin1').split('\n');
    const manifest = lines[1]?.replace(
      /("(?:wfk|np)":")([^"]*)"/g,
      (_, member: string, value: string) => `${member}${value.length}"`,
    );
    return [lines[0], manifest, lines[2]?.length, document.length];
  };

  it.each(made)('makes the same of the same: $name', async (recording) => {
    const answer = await send(recording);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(shape(answer.body)).toEqual(shape(bytesOf(recording.response)));
  });

  const openable = made.filter(
    ({ name }) => name !== 'encrypt with a key that may only wrap',
  );

  it.each(openable)('opens what daprd made: $name', async (recording) => {
    // Where the name in the document does not lead to a key that opens it, the caller names one.
    const named: Readonly<Record<string, string>> = {
      'encrypt without the name of the key': 'sym',
      'encrypt for a key with characters that Go escapes': 'sym',
    };
    const answer = await decrypt(
      bytesOf(recording.response),
      named[recording.name],
    );
    expect(answer.text).toBe(recording.request.body ?? '');
    expect(answer.status).toBe(200);
  });
});
