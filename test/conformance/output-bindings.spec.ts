import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const NO_TRACE = '00-00000000000000000000000000000000-0000000000000000-00';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let folder: string;
let root: string;
const service = new RecordingApp();
let sidecar: Sidecar;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-dapr-')));
  root = join(folder, 'deep', 'files');
  await service.listen();
  const url = `http://127.0.0.1:${service.port}`;
  sidecar = await startSidecar({
    appId: 'binder',
    resources: resources(
      component('bindings.localstorage', 'files', { rootPath: root }),
      component('bindings.http', 'web', { url }),
      component('bindings.http', 'based', { url: `${url}/base/` }),
      component('bindings.http', 'lenient', { url, errorIfNot2XX: 'false' }),
      component('bindings.http', 'guarded', {
        url,
        securityToken: 'secret',
        securityTokenHeader: 'X-Token',
      }),
      component('bindings.http', 'short', { url, maxResponseBodySize: '4' }),
      component('bindings.http', 'hasty', { url, responseTimeout: '100ms' }),
    ),
  });
});
afterAll(async () => {
  await sidecar?.stop();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const invoke = (
  name: string,
  operation: string,
  metadata?: Readonly<Record<string, string>>,
  data?: unknown,
  headers?: Record<string, string>,
): Promise<WireAnswer> =>
  call(
    sidecar,
    'POST',
    `/v1.0/bindings/${name}`,
    { operation, ...(metadata && { metadata }), data },
    headers,
  );

const refusal = (answer: WireAnswer): unknown => {
  expect(errorOf(answer)).toEqual({
    status: 500,
    errorCode: 'ERR_INVOKE_OUTPUT_BINDING',
  });
  return messageOf(answer);
};

describe('the metadata API', () => {
  it('lists output bindings with what they can do', async () => {
    const { json } = await call(sidecar, 'GET', '/v1.0/metadata');
    const { components } = json as { components: { name: string }[] };
    expect(components.find(({ name }) => name === 'files')).toEqual({
      name: 'files',
      type: 'bindings.localstorage',
      version: 'v1',
      capabilities: ['OUTPUT_BINDING'],
    });
    expect(components.find(({ name }) => name === 'web')).toMatchObject({
      type: 'bindings.http',
      capabilities: ['OUTPUT_BINDING'],
    });
  });
});

describe('an output binding to files', () => {
  const stored = (name: string): Promise<Buffer> => readFile(join(root, name));

  it('lists nothing, as null, before there is a file', async () => {
    const answer = await invoke('files', 'list');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('null');
  });

  it.each<[string, unknown, string]>([
    ['a text', 'grüße <b>', 'grüße <b>'],
    ['an object', { b: 1, a: '<' }, '{"a":"\\u003c","b":1}'],
    ['a number', 12.5, '12.5'],
    ['an array', [1, 'x'], '[1,"x"]'],
    ['text that is base64', 'aGVsbG8=', 'hello'],
    ['false', false, 'false'],
    ['an empty text', '', ''],
  ])('creates a file of %s and gets it', async (_what, data, content) => {
    const metadata = { fileName: 'a.txt' };
    const created = await invoke('files', 'create', metadata, data);
    expect(created.status).toBe(200);
    expect(created.headers['content-type']).toBe('application/json');
    expect(created.json).toEqual({ fileName: 'a.txt' });
    expect((await stored('a.txt')).toString()).toBe(content);
    const got = await invoke('files', 'get', metadata);
    expect(got.status).toBe(200);
    expect(got.headers['content-type']).toBe('application/json');
    expect(got.text).toBe(content);
  });

  it.each([undefined, null, true])(
    'takes the four letters of %j for base64',
    async (data) => {
      await invoke('files', 'create', { fileName: 'four' }, data);
      expect(await stored('four')).toEqual(
        Buffer.from(String(data ?? null), 'base64'),
      );
    },
  );

  it('creates a file of bytes that come as base64', async () => {
    const bytes = Buffer.from('00fffe80', 'hex');
    const metadata = { fileName: 'bytes' };
    await invoke('files', 'create', metadata, bytes.toString('base64'));
    expect(await stored('bytes')).toEqual(bytes);
    expect((await invoke('files', 'get', metadata)).body).toEqual(bytes);
  });

  it('makes a name up for a file without one', async () => {
    const { json } = await invoke('files', 'create', {}, 'x');
    const { fileName } = json as { fileName: string };
    expect(fileName).toMatch(/^[\da-f-]{36}$/);
    expect((await stored(fileName)).toString()).toBe('x');
  });

  it('makes the folders that a name goes through, and lists them', async () => {
    for (const fileName of ['tree/b', 'tree/a/z', 'tree/a.txt'])
      await invoke('files', 'create', { fileName }, '{}');
    const answer = await invoke('files', 'list', { fileName: 'tree' });
    expect(answer.json).toEqual(
      ['a/z', 'a.txt', 'b'].map((name) => join(root, 'tree', name)),
    );
  });

  it('deletes a file, and answers nothing', async () => {
    await invoke('files', 'create', { fileName: 'gone' }, 'x');
    const answer = await invoke('files', 'delete', { fileName: 'gone' });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    await expect(stored('gone')).rejects.toThrow('ENOENT');
  });

  it('deletes an empty folder, and no other', async () => {
    await mkdir(join(root, 'empty'), { recursive: true });
    const answer = await invoke('files', 'delete', { fileName: 'empty' });
    expect(answer.status).toBe(204);
    await invoke('files', 'create', { fileName: 'full/x' }, 'x');
    const path = join(root, 'full');
    expect(refusal(await invoke('files', 'delete', { fileName: 'full' }))).toBe(
      `error invoking output binding files: error deleting file ${path}: remove ${path}: directory not empty`,
    );
  });

  it.each<[string, string, string, (path: string) => string]>([
    ['get', 'none', 'a missing file', (path) => `file not found: ${path}`],
    [
      'get',
      'folder',
      'a folder',
      (path) => `error reading file ${path}: read ${path}: is a directory`,
    ],
    [
      'get',
      'plain/x',
      'a file below a file',
      (path) => `error opening path ${path}: open ${path}: not a directory`,
    ],
    [
      'list',
      'none',
      'a missing folder',
      (path) =>
        `error getting stats for path ${path}: stat ${path}: no such file or directory`,
    ],
    [
      'list',
      'plain',
      'a file',
      (path) =>
        `unable to list files as the file specified is not a directory: ${path}`,
    ],
    [
      'delete',
      'none',
      'a missing file',
      (path) =>
        `error deleting file ${path}: remove ${path}: no such file or directory`,
    ],
    [
      'create',
      'folder',
      'a folder',
      (path) => `error creating file ${path}: open ${path}: is a directory`,
    ],
    [
      'create',
      'plain/x',
      'a file below a file',
      (path) =>
        `error creating directory ${join(path, '..')}: mkdir ${join(path, '..')}: not a directory`,
    ],
  ])('refuses %s of %s, %s', async (operation, fileName, _what, words) => {
    await mkdir(join(root, 'folder'), { recursive: true });
    await writeFile(join(root, 'plain'), 'x');
    const answer = await invoke('files', operation, { fileName }, 'x');
    expect(refusal(answer)).toBe(
      `error invoking output binding files: ${words(join(root, fileName))}`,
    );
  });

  it.each([
    '../../outside',
    '/outside',
    'a/../../outside',
    'b/./../outside',
    'link/outside',
    'up/outside',
  ])('keeps %s within the folder', async (fileName) => {
    await rm(join(root, 'outside'), { force: true });
    await symlink('/', join(root, 'link')).catch(() => undefined);
    await symlink('../../..', join(root, 'up')).catch(() => undefined);
    const { json } = await invoke('files', 'create', { fileName }, 'in');
    expect(json).toEqual({ fileName: 'outside' });
    expect((await stored('outside')).toString()).toBe('in');
    const { text } = await invoke('files', 'get', { fileName });
    expect(text).toBe('in');
  });

  it('takes PUT for POST', async () => {
    const body = {
      operation: 'create',
      data: 'x',
      metadata: { fileName: 'p' },
    };
    const answer = await call(sidecar, 'PUT', '/v1.0/bindings/files', body);
    expect(answer.json).toEqual({ fileName: 'p' });
  });

  it('refuses an operation that it does not know', async () => {
    expect(refusal(await invoke('files', 'Get'))).toBe(
      'error invoking output binding files: binding files does not support operation Get. supported operations:create get list delete',
    );
  });

  it.each(['{"data":1}', 'null'])(
    'refuses %s, which has no operation',
    async (body) => {
      const answer = await call(sidecar, 'POST', '/v1.0/bindings/files', body);
      expect(refusal(answer)).toBe(
        'error invoking output binding files: operation field is missing from request',
      );
    },
  );
});

describe('an output binding to a web service', () => {
  it.each([
    ['create', 'POST'],
    ['get', 'GET'],
    ['head', 'HEAD'],
    ['post', 'POST'],
    ['put', 'PUT'],
    ['patch', 'PATCH'],
    ['delete', 'DELETE'],
    ['options', 'OPTIONS'],
    ['trace', 'TRACE'],
  ])('does %s by %s', async (operation, verb) => {
    service.on(`${verb} /verb`, {});
    const answer = await invoke('web', operation, { path: '/verb' });
    expect(answer.status).toBe(200);
    expect(answer.headers['metadata.statuscode']).toBe('200');
    await service.next(`${verb} /verb`);
  });

  it('sends JSON, and gives back the answer with status and headers', async () => {
    service.on('POST /y', {
      status: 201,
      headers: { 'x-web': ['a', 'b'], 'content-type': 'text/plain' },
      body: 'made',
    });
    const answer = await invoke(
      'web',
      'post',
      { path: 'y?q=1' },
      { b: 1, a: 2 },
    );
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('made');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'metadata.statuscode': '201',
      'metadata.status': '201 Created',
      'metadata.content-type': 'text/plain',
      'metadata.x-web': 'a, b',
    });
    const received = await service.next('POST /y');
    expect(received.url).toBe('/y?q=1');
    expect(received.text).toBe('{"a":2,"b":1}');
    expect(received.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      accept: 'application/json; charset=utf-8',
      'accept-encoding': 'gzip',
      'user-agent': 'Go-http-client/1.1',
      traceparent: NO_TRACE,
    });
  });

  it.each<[string, unknown, string]>([
    ['a text with its quotes', 'text', '"text"'],
    ['null for nothing', undefined, 'null'],
    ['zero', 0, '0'],
  ])('sends %s', async (_what, data, body) => {
    service.on('PUT /data', {});
    await invoke('web', 'put', { path: 'data' }, data);
    expect((await service.next('PUT /data')).text).toBe(body);
  });

  it('sends no body with GET and DELETE', async () => {
    for (const verb of ['GET', 'DELETE']) {
      service.on(`${verb} /bare`, {});
      await invoke('web', verb.toLowerCase(), { path: 'bare' }, { a: 1 });
      const { text, headers } = await service.next(`${verb} /bare`);
      expect(text).toBe('');
      expect(headers).not.toHaveProperty('content-type');
    }
  });

  it('sends metadata that begins with a capital letter as headers', async () => {
    service.on('POST /headers', {});
    const metadata = {
      path: 'headers',
      'Content-Type': 'text/xml',
      Accept: 'text/html',
      'X-Own': 'für 🎁',
      'x-small': 'small',
      Host: 'elsewhere',
      'Content-Length': '3',
    };
    await invoke('web', 'post', metadata, 'x');
    const { headers } = await service.next('POST /headers');
    expect(headers).toMatchObject({
      'content-type': 'text/xml',
      accept: 'text/html',
      'x-own': Buffer.from('für 🎁').toString('latin1'),
      host: `127.0.0.1:${service.port}`,
    });
    expect(headers).not.toHaveProperty('x-small');
    expect(headers).not.toHaveProperty('path');
  });

  it('carries the trace and the baggage of its caller', async () => {
    service.on('GET /trace', {});
    await invoke('web', 'get', { path: 'trace' }, undefined, {
      traceparent: TRACE,
      tracestate: 'a=b',
      baggage: 'k=v',
    });
    const { headers } = await service.next('GET /trace');
    expect(headers.traceparent).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-/,
    );
    expect(headers).toMatchObject({ tracestate: 'a=b', baggage: 'k=v' });
  });

  it('puts its path behind that of the component', async () => {
    service.on('GET /base/', {}).on('GET /base/x', {});
    await invoke('based', 'get');
    await invoke('based', 'get', { path: '//x' });
    await service.next('GET /base/');
    await service.next('GET /base/x');
  });

  it('fails on a status that is no success, and tells status and headers', async () => {
    service.on('GET /fail', {
      status: 503,
      headers: { 'x-web': 'yes' },
      body: 'no',
    });
    const answer = await invoke('web', 'get', { path: 'fail' });
    expect(refusal(answer)).toBe(
      'error invoking output binding web: received status code 503',
    );
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'metadata.statuscode': '503',
      'metadata.status': '503 Service Unavailable',
      'metadata.x-web': 'yes',
    });
  });

  it('takes every status where the component or the request says so', async () => {
    service.on('GET /teapot', { status: 418, body: 'tea' });
    const path = 'teapot';
    for (const answer of [
      await invoke('lenient', 'get', { path }),
      await invoke('web', 'get', { path, errorIfNot2XX: 'no' }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.text).toBe('tea');
      expect(answer.headers['metadata.statuscode']).toBe('418');
    }
    const strict = await invoke('lenient', 'get', {
      path,
      errorIfNot2XX: 'true',
    });
    expect(strict.status).toBe(500);
  });

  it('answers 200 with nothing for a 204', async () => {
    service.on('GET /empty', { status: 204 });
    const answer = await invoke('web', 'get', { path: 'empty' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
    expect(answer.headers['metadata.statuscode']).toBe('204');
  });

  it('unpacks what comes packed', async () => {
    service.on('GET /packed', {
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync('long'),
    });
    const answer = await invoke('web', 'get', { path: 'packed' });
    expect(answer.text).toBe('long');
    expect(answer.headers).not.toHaveProperty('metadata.content-encoding');
  });

  it.each([
    [302, 'GET', ''],
    [307, 'POST', '1'],
  ])('follows a %i with %s', async (status, verb, body) => {
    service.on('POST /moved', { status, headers: { location: '/here' } });
    service.on(`${verb} /here`, { body: 'found' });
    const answer = await invoke('web', 'post', { path: 'moved' }, 1);
    expect(answer.text).toBe('found');
    expect((await service.next(`${verb} /here`)).text).toBe(body);
  });

  it('shows the token of the component', async () => {
    service.on('GET /guarded', {});
    await invoke('guarded', 'get', { path: 'guarded' });
    const { headers } = await service.next('GET /guarded');
    expect(headers['x-token']).toBe('secret');
  });

  it('reads no more of an answer than the component says', async () => {
    service.on('GET /long', { body: '123456' });
    expect((await invoke('short', 'get', { path: 'long' })).text).toBe('1234');
  });

  it('waits no longer than the component says', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    service.on('GET /slow', () => gate.then(() => ({})));
    const answer = await invoke('hasty', 'get', { path: 'slow' });
    expect(refusal(answer)).toMatch(/context deadline exceeded/);
    release();
  });

  it('fails when the connection is cut', async () => {
    service.on('GET /cut', 'cut');
    const answer = await invoke('web', 'get', { path: 'cut' });
    expect(refusal(answer)).toMatch(/^error invoking output binding web: /);
    expect(answer.headers).not.toHaveProperty('metadata.statuscode');
  });
});
