import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { component, resources } from '../../conformance/components.js';
import { call } from '../../conformance/wire.js';
import { fixture, type Recording } from '../../support/recordings.js';
import { expected, replay, shown } from '../../support/replay.js';
import { Stage } from '../../support/stage.js';

/** Headers that a caller may look at. */
const COMPARED = ['content-type', 'traceparent', 'x-content-type-options'];

const headersOf = (headers: Record<string, unknown>): object =>
  Object.fromEntries(COMPARED.map((name) => [name, headers[name]]));

const RESOURCES = resources(
  component('pubsub.in-memory', 'mem'),
  component('pubsub.redis', 'red2', {
    publishingScopes: 'psapp=a',
    allowedTopics: 'a,b',
  }),
  component('state.in-memory', 'mem-state'),
  component('bindings.cron', 'tick', { schedule: '@every 1h' }),
);

describe('what daprd refused', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ appId: 'psapp', resources: RESOURCES });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const isOfHealth = ({ name }: Recording): boolean =>
    name.startsWith('healthz');
  const refusals = fixture<Recording>('sidecar-refusals');

  it.each(refusals.filter((each) => !isOfHealth(each)))(
    'is refused in the same words: $name',
    async (recording) => {
      const answer = await replay(stage.sidecar, recording);
      expect(shown(answer)).toEqual(shown(expected(recording)));
      expect(headersOf(answer.headers)).toEqual(
        headersOf(expected(recording).headers),
      );
    },
  );

  it.each(refusals.filter(isOfHealth))(
    'is answered alike: $name',
    async (recording) => {
      const appId = recording.name.includes('appid') ? 'api' : 'psapp';
      const sidecar = await stage.engine.openSidecar({
        appId,
        httpPort: 0,
        clientOnly: !recording.name.includes('before the app listens'),
      });
      const answer = await replay(sidecar, recording);
      expect(shown(answer)).toEqual(shown(expected(recording)));
      expect(headersOf(answer.headers)).toEqual(
        headersOf(expected(recording).headers),
      );
      await sidecar.close();
    },
  );
});

describe('callers without the API token', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({
      appId: 'tok',
      resources: RESOURCES,
      apiToken: 'api-tok',
      appToken: 'app-tok',
    });
    stage.app.on('GET /inv', {});
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it.each(fixture<Recording>('sidecar-tokens'))(
    'are answered as by daprd: $name',
    async (recording) => {
      const answer = await replay(stage.sidecar, recording);
      expect(shown(answer)).toEqual(shown(expected(recording)));
      expect(headersOf(answer.headers)).toEqual(
        headersOf(expected(recording).headers),
      );
    },
  );

  it('reach the application only with the token of the sidecar', async () => {
    const headers = { 'dapr-api-token': 'api-tok' };
    await call(
      stage.sidecar,
      'GET',
      '/v1.0/invoke/tok/method/inv',
      undefined,
      headers,
    );
    const received = stage.app.received('GET /inv').at(-1);
    expect(received?.headers['dapr-api-token']).toBe('app-tok');
    const [asked] = stage.app.received('GET /dapr/config');
    expect(asked?.headers['dapr-api-token']).toBe('app-tok');
  });
});
