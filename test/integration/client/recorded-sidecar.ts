import { expect } from '@jest/globals';
import { recordings, type Recording } from '../../support/recordings.js';
import { startServer, type SeenRequest, type TestServer } from './server.js';

type RecordedAnswer = Recording['response'] & {
  readonly headers?: readonly (readonly [string, string])[];
};

/** A sidecar that says what a real daprd said. */
export interface RecordedSidecar extends TestServer {
  /** Answers what comes with the recording of that name, from now on. */
  answerWith(name: string): void;
  /** The same for one call, which must send what the recorded client sent. */
  play<T>(name: string, call: () => Promise<T>): Promise<T>;
}

export async function startRecordedSidecar(): Promise<RecordedSidecar> {
  let answer: RecordedAnswer = { status: 599, body: 'nothing to play' };
  const server = await startServer((_, response) => {
    response.writeHead(answer.status, answer.headers?.flat());
    response.end(answer.body);
  });
  const answerWith = (name: string): void => {
    answer = recording(name).response;
  };
  return Object.assign(server, {
    answerWith,
    async play<T>(name: string, call: () => Promise<T>): Promise<T> {
      answerWith(name);
      const before = server.requests.length;
      const [result] = await Promise.allSettled([call()]);
      const sent = server.requests.slice(before);
      expect(sent.map(comparable)).toEqual([recordedRequest(name)]);
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    },
  });
}

/** What the recorded client sent, without what may differ: the order of members and the bytes of JSON. */
function recordedRequest(name: string): object {
  const { request } = recording(name);
  const { headers = [], bodyBase64, body = '' } = request;
  return comparable({
    ...request,
    headers: Object.fromEntries(headers),
    body: bodyBase64 ? Buffer.from(bodyBase64, 'base64') : Buffer.from(body),
  });
}

function recording(name: string): Recording {
  const found = [...recordings('client-calls'), ...recordings('bulk')].find(
    (one) => one.name === name,
  );
  if (!found) throw new Error(`no recording "${name}"`);
  return found;
}

function comparable(request: SeenRequest): object {
  const { method, url, headers, body } = request;
  const type = headers['content-type'];
  return {
    method,
    url,
    contentType: type,
    ifMatch: headers['if-match'],
    body:
      type === 'application/json' && body.length > 0
        ? (JSON.parse(body.toString()) as unknown)
        : body.toString('latin1'),
  };
}
