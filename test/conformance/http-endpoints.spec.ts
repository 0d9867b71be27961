import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp, type Received } from './recording-app.js';
import { call, errorOf, messageOf } from './wire.js';

const endpoint = (
  name: string,
  baseUrl: string,
  rest: readonly string[] = [],
  scopes = '',
): string =>
  [
    'apiVersion: dapr.io/v1alpha1',
    'kind: HTTPEndpoint',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    `  baseUrl: ${baseUrl}`,
    ...rest.map((line) => `  ${line}`),
    scopes,
    '',
  ].join('\n');

describe('a service without a sidecar', () => {
  const service = new RecordingApp();
  const app = new RecordingApp();
  let sidecar: Sidecar;
  let url: string;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    await writeFile(join(folder, 'secrets.json'), '{"key":"from the vault"}');
    await service.listen();
    await app.listen();
    url = `http://127.0.0.1:${service.port}`;
    sidecar = await startSidecar({
      appId: 'inviter',
      app,
      resources: resources(
        endpoint('plain', url),
        endpoint('based', `${url}/base`, [
          'headers:',
          '  - name: X-Key',
          '    value: secret',
          '  - name: Accept-Language',
          '    value: de',
          '  - name: X-Number',
          '    value: 7',
        ]),
        endpoint('others', url, [], 'scopes: [other]'),
        endpoint('down', 'http://127.0.0.1:1'),
        component('secretstores.local.file', 'vault', {
          secretsFile: join(folder, 'secrets.json'),
        }),
        endpoint(
          'secret',
          url,
          [
            'headers:',
            '  - name: X-Key',
            '    secretKeyRef: { name: key }',
            '  - name: X-None',
            '    secretKeyRef: { name: none }',
          ],
          'auth: { secretStore: vault }',
        ),
        endpoint('inviter', url),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await service.close();
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  const invoke = (
    target: string,
    verb: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) =>
    call(sidecar, verb, `/v1.0/invoke/${target}/method/${path}`, body, headers);
  /** What the service receives of a call that it answers with 200. */
  const received = async (
    verb: string,
    path: string,
    calling: () => ReturnType<typeof invoke>,
  ): Promise<Received> => {
    service.on(`${verb} ${path}`, {});
    expect((await calling()).status).toBe(200);
    return service.next(`${verb} ${path}`);
  };

  it('is listed by the metadata API, where the app may use it', async () => {
    const { json } = await call(sidecar, 'GET', '/v1.0/metadata');
    const { httpEndpoints } = json as { httpEndpoints: { name: string }[] };
    expect(httpEndpoints.map(({ name }) => name).sort()).toEqual([
      'based',
      'down',
      'inviter',
      'plain',
      'secret',
    ]);
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])(
    'is invoked by the name of its endpoint with %s',
    async (verb) => {
      const { url } = await received(verb, '/verb', () =>
        invoke('plain', verb, 'verb?a=1&b=%20'),
      );
      expect(url).toBe('/verb?a=1&b=%20');
    },
  );

  it('gets the body, and gives status, headers and body back', async () => {
    service.on('POST /made', {
      status: 201,
      headers: { 'x-own': ['a', 'b'], 'content-type': 'text/x-own' },
      body: 'made',
    });
    const headers = { 'content-type': 'text/plain' };
    const answer = await invoke('plain', 'POST', 'made', 'given', headers);
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({
      'x-own': 'a, b',
      'content-type': 'text/x-own',
    });
    expect(answer.text).toBe('made');
    const { text, headers: sent } = await service.next('POST /made');
    expect(text).toBe('given');
    expect(sent['content-type']).toBe('text/plain');
  });

  it.each([404, 409, 500, 503])('gives its %i back', async (status) => {
    service.on('GET /status', { status, body: { own: status } });
    const answer = await invoke('plain', 'GET', 'status');
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ own: status });
  });

  it('is called below the path of its endpoint, with the headers of it', async () => {
    const { headers } = await received('GET', '/base/x', () =>
      invoke('based', 'GET', 'x', undefined, {
        'x-key': 'mine',
        'x-custom': 'c',
        'accept-language': 'en',
      }),
    );
    expect(headers).toMatchObject({
      'x-key': 'secret',
      'x-custom': 'c',
      'accept-language': 'de',
      'x-number': '7',
    });
  });

  it('gets headers from a secret store', async () => {
    const { headers } = await received('GET', '/secret', () =>
      invoke('secret', 'GET', 'secret'),
    );
    expect(headers['x-key']).toBe('from the vault');
    expect(headers['x-none'] ?? '').toBe('');
  });

  it.each<[string, () => string]>([
    ['the name of its endpoint', () => 'plain'],
    ['its URL', () => url],
    ['its URL, encoded', () => encodeURIComponent(url)],
  ])('invoked by %s is not told who calls', async (_what, target) => {
    const { headers } = await received('GET', '/who', () =>
      invoke(target(), 'GET', 'who'),
    );
    expect(
      Object.keys(headers).filter((name) => /^dapr-|^x-forw|^forw/.test(name)),
    ).toEqual([]);
    expect(headers).toHaveProperty('traceparent');
  });

  it('is found by the header dapr-app-id', async () => {
    const { url: path } = await received('POST', '/any/path', () =>
      call(sidecar, 'POST', '/any/path?q=1', 'x', { 'dapr-app-id': 'plain' }),
    );
    expect(path).toBe('/any/path?q=1');
  });

  it('is called below the path of its URL', async () => {
    await received('GET', '/below/x', () => invoke(`${url}/below`, 'GET', 'x'));
  });

  it('comes before an app of the same name', async () => {
    await received('GET', '/mine', () => invoke('inviter', 'GET', 'mine'));
    expect(app.endpoints).not.toContain('GET /mine');
  });

  it('that redirects is followed by the name of its endpoint', async () => {
    service
      .on('GET /moved', { status: 302, headers: { location: '/here' } })
      .on('GET /here', { body: 'found' });
    const answer = await invoke('plain', 'GET', 'moved');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('found');
  });

  it('that redirects is not followed by its URL', async () => {
    service.on('GET /moved', { status: 302, headers: { location: '/here' } });
    const answer = await invoke(url, 'GET', 'moved');
    expect(answer.status).toBe(302);
    expect(answer.headers['location']).toBe('/here');
  });

  it.each(['others', 'plain.other.more'])(
    'is not found by %s',
    async (target) => {
      expect(errorOf(await invoke(target, 'GET', 'x'))).toEqual({
        status: 500,
        errorCode: 'ERR_DIRECT_INVOKE',
      });
    },
  );

  it('that is down is answered 500', async () => {
    const answer = await invoke('down', 'GET', 'x');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
    expect(messageOf(answer)).toMatch(/^failed to invoke, id: down, err: /);
  });
});
