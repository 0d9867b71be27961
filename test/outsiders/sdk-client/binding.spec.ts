import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { component, resources } from '../../conformance/components.js';
import { RecordingApp } from '../../conformance/recording-app.js';
import { describeSdk, failureOf, withResources } from './sdk-client.js';

const service = new RecordingApp();
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-dapr-')));
  await service.listen();
});
beforeEach(() => service.forget());
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

describeSdk(
  'output bindings',
  () =>
    withResources(() =>
      resources(
        component('bindings.localstorage', 'files', { rootPath: folder }),
        component('bindings.http', 'web', {
          url: `http://127.0.0.1:${service.port}`,
        }),
      ),
    ),
  (run) => {
    /** Over HTTP the SDK gives the data, read as JSON; over gRPC what came, data as bytes. */
    const dataOf = (answer: unknown): unknown => {
      if (run.protocol === 'HTTP') return answer;
      const { data } = answer as { data: Uint8Array };
      const text = Buffer.from(data).toString();
      return text.startsWith('{') || text.startsWith('[')
        ? JSON.parse(text)
        : text;
    };
    const files = async (operation: string, data?: unknown): Promise<unknown> =>
      dataOf(
        await run.client.binding.send('files', operation, data, {
          fileName: 'greeting',
        }),
      );

    it('store, get, list and delete files', async () => {
      expect(await files('create', 'hi there')).toEqual({
        fileName: 'greeting',
      });
      const path = join(folder, 'greeting');
      expect(await readFile(path, 'utf8')).toBe('hi there');
      expect(await files('get')).toBe('hi there');
      const listed = await run.client.binding.send('files', 'list', undefined);
      expect(dataOf(listed)).toEqual([path]);
      expect(await files('delete')).toBe('');
      expect(await failureOf(files('get'))).toMatchObject({
        ...(run.protocol === 'HTTP'
          ? { status: 500, errorCode: 'ERR_INVOKE_OUTPUT_BINDING' }
          : { code: 13 }),
        message: expect.stringContaining('file not found'),
      });
    });

    it.each<[string, unknown, string]>([
      ['an object', { sku: 'book' }, '{"sku":"book"}'],
      ['a list', [1, 'two'], '[1,"two"]'],
      ['a number', 7, '7'],
    ])('send %s to a service', async (_what, data, text) => {
      service.on('POST /orders', { body: { taken: true } });
      const answer = await run.client.binding.send('web', 'post', data, {
        path: 'orders',
      });
      expect((await service.next('POST /orders')).text).toBe(text);
      expect(dataOf(answer)).toEqual({ taken: true });
    });

    it('send text as JSON over HTTP, as it is over gRPC', async () => {
      service.on('POST /text', {});
      await run.client.binding.send('web', 'post', 'text', { path: 'text' });
      expect((await service.next('POST /text')).text).toBe(
        run.protocol === 'HTTP' ? '"text"' : 'text',
      );
    });

    it('give the metadata of an answer over gRPC', async () => {
      service.on('GET /meta', { status: 201, body: 'yes' });
      const metadata = { path: 'meta' };
      const { binding } = run.client;
      const answer = await binding.send('web', 'get', undefined, metadata);
      expect(dataOf(answer)).toBe('yes');
      if (run.protocol === 'gRPC')
        expect(answer).toMatchObject({
          operation: 'get',
          metadata: { statusCode: '201' },
        });
    });

    it('say that a component is not there', async () => {
      const { binding } = run.client;
      expect(
        await failureOf(binding.send('nope', 'create', 'x')),
      ).toMatchObject({
        ...(run.protocol === 'HTTP'
          ? { status: 500, errorCode: 'ERR_INVOKE_OUTPUT_BINDING' }
          : { code: 13 }),
        message: expect.stringContaining("couldn't find output binding nope"),
      });
    });
  },
);
