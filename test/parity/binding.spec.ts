import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DaprBadRequestError,
  DaprError,
  DaprNotFoundError,
} from '../../lib/index.js';
import { component, resources } from '../conformance/components.js';
import { RecordingApp } from '../conformance/recording-app.js';
import { describeParity } from './parity.js';

const BYTES = Buffer.from('00fffe80', 'hex');
const service = new RecordingApp();
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-dapr-')));
  service.on('POST /x', {});
  await service.listen();
});
beforeEach(() => service.forget());
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

describeParity(
  'an output binding',
  {
    resources: () =>
      resources(
        component('bindings.localstorage', 'files', { rootPath: folder }),
        component('bindings.http', 'web', {
          url: `http://127.0.0.1:${service.port}`,
        }),
      ),
  },
  (run) => {
    it.each<[string, unknown, string]>([
      [
        'an object',
        { b: 1, a: ['<&>', 1.5] },
        '{"a":["\\u003c\\u0026\\u003e",1.5],"b":1}',
      ],
      [
        'a class instance',
        new (class Own {
          readonly at = new Date(0);
        })(),
        '{"at":"1970-01-01T00:00:00.000Z"}',
      ],
      ['a Map', new Map([['a', 1]]), '{"a":1}'],
      ['text', 'grüße "you"', '"grüße \\"you\\""'],
      ['zero', 0, '0'],
      ['a small number', 1e-7, '1e-7'],
      ['false', false, 'false'],
      ['null', null, 'null'],
      ['an empty text', '', '""'],
      ['nothing', undefined, 'null'],
      ['bytes', BYTES, `"${BYTES.toString('base64')}"`],
      ['half of a surrogate pair', '\ud83d', '"\ufffd"'],
    ])('gets %s as JSON [C1] [C2] [C5]', async (_what, data, text) => {
      await run.client.binding.send('web', 'post', data, { path: 'x' });
      expect((await service.next('POST /x')).text).toBe(text);
    });

    it.each<[string, string | Buffer, unknown]>([
      ['JSON', '{"a":1}', { a: 1 }],
      ['text', 'text', 'text'],
      ['bytes', BYTES, BYTES],
      ['nothing', '', undefined],
    ])('gives back %s [C12]', async (_what, body, value) => {
      service.on('GET /y', { body });
      await expect(
        run.client.binding.send('web', 'get', undefined, { path: 'y' }),
      ).resolves.toEqual(value);
    });

    it('takes metadata of any scalar, in the request of the component', async () => {
      service.on('POST /m', { status: 404, body: 'none' });
      const metadata = {
        path: 'm',
        errorIfNot2XX: false,
        'X-Number': 7,
        'X-Text': 'a+b & c',
      };
      await expect(
        run.client.binding.send('web', 'create', 1, metadata),
      ).resolves.toBe('none');
      expect((await service.next('POST /m')).headers).toMatchObject({
        'x-number': '7',
        'x-text': 'a+b & c',
      });
    });

    it('stores and gets files, bytes too', async () => {
      const { send } = run.client.binding;
      const file = (fileName: string) => ({ fileName });
      await expect(
        send.call(run.client.binding, 'files', 'create', 'hi there', file('a')),
      ).resolves.toEqual({ fileName: 'a' });
      expect(await readFile(join(folder, 'a'), 'utf8')).toBe('hi there');
      await run.client.binding.send('files', 'create', BYTES, file('b'));
      expect(await readFile(join(folder, 'b'))).toEqual(BYTES);
      await expect(
        run.client.binding.send('files', 'get', undefined, file('b')),
      ).resolves.toEqual(BYTES);
      await expect(
        run.client.binding.send('files', 'delete', undefined, file('b')),
      ).resolves.toBeUndefined();
      await expect(run.client.binding.send('files', 'list')).resolves.toEqual([
        join(folder, 'a'),
      ]);
    });

    it('that is unknown names what to check [C3]', async () => {
      const failed = run.client.binding.send('nope', 'create');
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_INVOKE_OUTPUT_BINDING',
        status: 500,
      });
      await expect(failed).rejects.toThrow(
        /binding\.send "nope" operation "create".*couldn't find output binding nope.*loaded/,
      );
    });

    it.each([
      ['files', 'nope', 'does not support operation nope'],
      ['files', 'get', 'is a directory'],
      ['web', 'get', 'received status code 404'],
    ])(
      '%s fails on %s in the words of the component [C3]',
      async (name, operation, words) => {
        const failed = run.client.binding.send(name, operation);
        await expect(failed).rejects.toThrow(words);
        await expect(failed).rejects.toMatchObject({
          name: DaprError.name,
          errorCode: 'ERR_INVOKE_OUTPUT_BINDING',
          status: 500,
        });
      },
    );

    it('without a name, and data that can’t be sent, are refused', async () => {
      for (const failed of [
        run.client.binding.send('', 'get'),
        run.client.binding.send('web', 'post', { a: NaN }),
      ])
        await expect(failed).rejects.toThrow(DaprBadRequestError);
    });

    it('is waited for no longer than its timeout and signal say [C8]', async () => {
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      service.on('GET /slow', () => gate.then(() => ({})));
      const path = { path: 'slow' };
      await expect(
        run.client.binding.send('web', 'get', undefined, path, { timeout: 50 }),
      ).rejects.toMatchObject({ name: 'DaprTimeoutError' });
      const signal = AbortSignal.timeout(50);
      await expect(
        run.client.binding.send('web', 'get', undefined, path, { signal }),
      ).rejects.toMatchObject({ name: 'TimeoutError' });
      release();
    });
  },
);
