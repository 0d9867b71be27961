import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import {
  startRecordedSidecar,
  type RecordedSidecar,
} from './recorded-sidecar.js';

describe('client.metadata', () => {
  let sidecar: RecordedSidecar;
  let client: DaprClient;

  beforeAll(async () => {
    sidecar = await startRecordedSidecar();
    client = new DaprClient({ httpEndpoint: sidecar.url });
  });

  afterAll(async () => {
    await client.stop();
    await sidecar.close();
  });

  it('tells of actors, components and subscriptions, whatever the sidecar leaves out', async () => {
    const got = sidecar.play('metadata with active actors', () =>
      client.metadata.get(),
    );
    expect(await got).toMatchObject({
      id: 'act',
      runtimeVersion: '1.18.2',
      actors: [
        { type: 'Slow', count: 0 },
        { type: 'Plain', count: 13 },
        { type: 'Re', count: 2 },
        { type: 'Idle', count: 1 },
      ],
      components: [{ name: 'mem', type: 'state.in-memory', version: 'v1' }],
      subscriptions: [],
      extended: { daprRuntimeVersion: '1.18.2' },
      appConnectionProperties: { port: 22603 },
      actorRuntime: { runtimeStatus: 'RUNNING', hostReady: true },
    });
  });

  it('sets a value', async () => {
    sidecar.answerWith('set an extended value');
    expect(await client.metadata.set('my key', 'my value')).toBe(true);
    const { method, url, body } = sidecar.requests.at(-1)!;
    expect([method, url]).toEqual(['PUT', '/v1.0/metadata/my%20key']);
    expect(`${body}`).toBe('my value');
  });
});
