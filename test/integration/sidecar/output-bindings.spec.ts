import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { component, resources } from '../../conformance/components.js';
import { RecordingApp } from '../../conformance/recording-app.js';
import { call, type WireAnswer } from '../../conformance/wire.js';
import { fixture, type Recording } from '../../support/recordings.js';
import { expected, replay, shown } from '../../support/replay.js';
import { folderWith, Stage } from '../../support/stage.js';
import { startEngine } from '../../../lib/sidecar/embedded.js';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';

let stage: Stage | undefined;
let folder: string;
let service: RecordingApp;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-dapr-')));
  service = await new RecordingApp().listen();
});
afterEach(async () => {
  await stage?.[Symbol.asyncDispose]();
  stage = undefined;
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const open = async (yaml: string, appId = 'shop'): Promise<Stage> =>
  (stage = await Stage.open({ resources: yaml, appId }));
const files = (metadata: Record<string, string> = { rootPath: folder }) =>
  component('bindings.localstorage', 'files', metadata);
const web = (metadata: Record<string, string> = {}) =>
  component('bindings.http', 'web', {
    url: `http://127.0.0.1:${service.port}`,
    ...metadata,
  });
const invoke = (
  name: string,
  operation: string,
  metadata: Record<string, string> = {},
): Promise<WireAnswer> =>
  call(stage!.sidecar, 'POST', `/v1.0/bindings/${name}`, {
    operation,
    metadata,
    data: 'x',
  });

const policy = (rules: string, target: string): string =>
  `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: policy }
spec:
  policies: { ${rules} }
  targets: { components: { web: { outbound: { ${target} } } } }
`;

describe('an output binding of the embedded sidecar', () => {
  it.each(fixture<Recording>('output-bindings'))(
    'answers as daprd did: $name',
    async (recording) => {
      const root = join(folder, 'data/files');
      await mkdir(root, { recursive: true });
      await writeFile(join(root, 'a.txt'), 'hello');
      await writeFile(join(root, 'b.json'), '{"a":2,"b":1}');
      const answering = {
        headers: { 'content-type': 'application/json', 'x-web': 'yes' },
        body: '{"got":"GET"}',
      };
      service
        .on('GET /x', answering)
        .on('GET /fail', { status: 500, ...answering });
      await open(
        resources(
          files({ rootPath: root }),
          web(),
          component('bindings.cron', 'tick', { schedule: '@every 1h' }),
        ),
      );
      const answer = await replay(stage!.sidecar, recording);
      const real = expected(recording);
      const masked = (text: string): string => text.replaceAll(folder, '<dir>');
      expect(shown(answer, masked)).toEqual(shown(real));
      expect(answer.headers).toMatchObject(real.headers);
    },
  );

  it('can be made to fail', async () => {
    const { engine } = await open(files());
    engine.faults.failNext('binding');
    expect((await invoke('files', 'list')).json).toEqual({
      errorCode: 'ERR_INVOKE_OUTPUT_BINDING',
      message: 'error invoking output binding files: injected fault at binding',
    });
    expect((await invoke('files', 'list')).status).toBe(200);
  });

  it('is not there for an app that is not in its scopes', async () => {
    await open(`${files()}scopes: [other]\n`);
    expect((await invoke('files', 'list')).json).toMatchObject({
      message:
        "error invoking output binding files: couldn't find output binding files",
    });
  });

  it('has a folder of its own for each app where its path names the app', async () => {
    await open(files({ rootPath: join(folder, '{appID}') }));
    await invoke('files', 'create', { fileName: 'a' });
    const { sidecar } = await stage!.join('other');
    const list = { operation: 'list' };
    const answer = await call(sidecar, 'POST', '/v1.0/bindings/files', list);
    expect(answer.text).toBe('null');
    expect((await invoke('files', 'list')).json).toEqual([
      join(folder, 'shop', 'a'),
    ]);
  });

  it('is tried again under a retry policy', async () => {
    await open(
      resources(
        web(),
        policy(
          'retries: { twice: { duration: 1s, maxRetries: 2 } }',
          'retry: twice',
        ),
      ),
    );
    let calls = 0;
    service.on('POST /x', () => ({ status: (calls += 1) < 3 ? 500 : 200 }));
    const answer = invoke('web', 'post', { path: 'x' });
    await service.next('POST /x');
    await stage!.clock.advance('2s');
    expect((await answer).status).toBe(200);
    expect(calls).toBe(3);
  });

  it.each(['component', 'policy'])(
    'ends with the timeout of its %s, which follows the clock',
    async (which) => {
      await open(
        which === 'policy'
          ? resources(
              web(),
              policy('timeouts: { brief: 1m }', 'timeout: brief'),
            )
          : web({ responseTimeout: '1m' }),
      );
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      service.on('GET /slow', () => gate.then(() => ({})));
      const answer = invoke('web', 'get', { path: 'slow' });
      await service.next('GET /slow');
      await stage!.clock.advance('1m');
      expect((await answer).json).toMatchObject({
        message: expect.stringContaining('context deadline exceeded'),
      });
      release();
    },
  );

  it.each<[string, string]>([
    [files({}), 'the metadata "rootPath" is missing'],
    [files({ rootPath: '/proc/x' }), 'leads to /proc/x, where Dapr stores'],
    [files({ rootPath: '/dev/null' }), 'which is a file and no folder'],
    [component('bindings.http', 'web'), 'the metadata "url" is missing'],
    [
      component('bindings.http', 'web', { url: 'ftp://x' }),
      '"ftp://x", which is no http or https URL',
    ],
    [
      component('bindings.http', 'web', {
        url: 'http://x',
        responseTimeout: 'soon',
      }),
      '"responseTimeout" is "soon", which is no duration',
    ],
    [
      component('bindings.http', 'web', {
        url: 'http://x',
        maxResponseBodySize: 'much',
      }),
      '"maxResponseBodySize" is "much", which is no size',
    ],
    [
      component('bindings.http', 'web', { url: 'http://x', MTLSRootCA: 'pem' }),
      '"mtlsRootCA" is not for the embedded sidecar',
    ],
  ])('with wrong metadata is a start error in words', async (yaml, words) => {
    const resourcesFolder = await folderWith(yaml);
    const started = startEngine({ resources: resourcesFolder });
    await expect(started).rejects.toThrow(DaprConfigurationError);
    await expect(started).rejects.toThrow(words);
    await rm(resourcesFolder, { recursive: true });
  });
});
