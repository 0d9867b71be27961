import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { DaprNotFoundError } from '../../../lib/errors/dapr-not-found.error.js';
import { DaprError } from '../../../lib/errors/dapr.error.js';
import {
  startRecordedSidecar,
  type RecordedSidecar,
} from './recorded-sidecar.js';

describe('client.binding', () => {
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

  it('gives text that a component answers, though it is called JSON', async () => {
    const sent = sidecar.play('localstorage get', () =>
      client.binding.send('files', 'get', undefined, { fileName: 'a.txt' }),
    );
    expect(await sent).toBe('hello');
  });

  it('gives the JSON that a component answers', async () => {
    const sent = sidecar.play('localstorage get object', () =>
      client.binding.send('files', 'get', undefined, { fileName: 'b.json' }),
    );
    expect(await sent).toEqual({ a: 2, b: 1 });
  });

  it('gives undefined where the component answers nothing', async () => {
    const sent = sidecar.play('localstorage delete', () =>
      client.binding.send('files', 'delete', undefined, { fileName: 'a.txt' }),
    );
    expect(await sent).toBeUndefined();
  });

  it.each([[0], [false], [''], [null], [{ b: 1, a: 2 }]])(
    'hands the component %j as it is [C5]',
    async (data) => {
      sidecar.answerWith('localstorage delete');
      await client.binding.send('files', 'create', data);
      const { body } = sidecar.requests.at(-1)!;
      expect(JSON.parse(body.toString())).toEqual({
        operation: 'create',
        data,
      });
    },
  );

  it('rejects for an unknown binding [C3]', async () => {
    const sent = sidecar.play('unknown binding', () =>
      client.binding.send('nope', 'create'),
    );
    await expect(sent).rejects.toThrow(DaprNotFoundError);
    await expect(sent).rejects.toThrow(/binding\.send "nope"/);
  });

  it('rejects for an operation that the component does not know [C3]', async () => {
    const sent = sidecar.play('unknown operation', () =>
      client.binding.send('files', 'nope'),
    );
    await expect(sent).rejects.toThrow(DaprError);
    await expect(sent).rejects.toMatchObject({
      name: 'DaprError',
      status: 500,
      errorCode: 'ERR_INVOKE_OUTPUT_BINDING',
    });
  });
});
