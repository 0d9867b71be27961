import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from '../../conformance/wire.js';
import { recordings } from '../../support/recordings.js';
import { expected, replay, shown } from '../../support/replay.js';
import { Stage } from '../../support/stage.js';

/** Whose job stands before the call, as it stood then. */
const BEFORE: Readonly<Record<string, unknown>> = {
  'get after: schedule and dueTime': {
    schedule: '@every 1s',
    dueTime: '2s',
    data: 'd',
  },
  'name with ||': { dueTime: '1h' },
  'same name, no overwrite': { dueTime: '1h' },
  'alpha schedule': { dueTime: '1h' },
  'get failure policy': { dueTime: '1h' },
  'drop policy stored': { dueTime: '1h' },
  'get drop policy': { dueTime: '1h' },
  'get after: array data': { dueTime: '0s', data: [1, 'a', { x: null }] },
  ...Object.fromEntries(
    ['500', '404', '201'].map((status) => [
      `get after: callback answers ${status}`,
      { dueTime: '0s', data: 'd' },
    ]),
  ),
};

/** What was over by the time of the call, and is not there before it here. */
const OVER = new Set([
  'get after the only fire',
  'get after: null data',
  'get after: Any data of StringValue',
  'get after: Any data of BytesValue',
  'get after: snake_case members',
]);

describe('what daprd answered on jobs', () => {
  let stage: Stage;

  beforeAll(async () => {
    // Without an application nothing is over before it is asked for.
    stage = await Stage.open({ appId: 'jobs' });
    await stage.sidecar.disconnect();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each(recordings('jobs'))('is answered alike: $name', async (recording) => {
    const { name, request } = recording;
    const isRead = request.method === 'GET';
    if (!isRead || OVER.has(name))
      await call(stage.sidecar, 'DELETE', request.url);
    if (name in BEFORE)
      await call(stage.sidecar, 'POST', request.url, BEFORE[name]);
    const answer = await replay(stage.sidecar, recording);
    expect(shown(answer)).toEqual(shown(expected(recording)));
    expect(answer.headers['content-type']).toBe(
      expected(recording).headers['content-type'],
    );
  });
});

describe('jobs that daprd delivered', () => {
  const callbacks = recordings('jobs-callbacks').filter(
    ({ name }) => !name.includes('gRPC'),
  );
  /** Scheduled where its recording does not say how. */
  const SCHEDULED: Readonly<Record<string, unknown>> = {
    'array data': { data: [1, 'a', { x: null }] },
    'Any data of BytesValue': {
      data: {
        '@type': 'type.googleapis.com/google.protobuf.BytesValue',
        value: 'cmF3',
      },
    },
  };

  it.each(callbacks)('arrive alike: $name', async (recording) => {
    await using stage = await Stage.open({ appId: 'jobs' });
    const { app, sidecar, clock } = stage;
    const { method, url, headers = [], body } = recording.request;
    app.on(`${method} ${url}`, {});
    const what = recording.name.replace('job callback: ', '');
    const scheduled = recordings('jobs').find(({ name }) => name === what);
    await call(
      sidecar,
      'POST',
      `/v1.0/jobs${url.slice('/job'.length)}`,
      scheduled?.request.body ?? {
        dueTime: '0s',
        data: 'd',
        ...(SCHEDULED[what] as object),
      },
    );
    await clock.advance('2s');
    const received = await app.next(`${method} ${url}`);
    expect(received.text).toBe(body ?? '');
    const wire = Object.fromEntries(
      headers.map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(received.headers).toMatchObject(wire);
    expect(Object.keys(received.headers).sort()).toEqual(
      ['connection', 'content-length', 'host', ...Object.keys(wire)].sort(),
    );
  });
});
