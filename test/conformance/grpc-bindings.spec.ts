import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { grpcCall } from './grpc-wire.js';
import { RecordingApp } from './recording-app.js';

describe('an output binding over gRPC', () => {
  const service = new RecordingApp();
  let folder: string;
  let sidecar: Sidecar;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-dapr-')));
    await service.listen();
    sidecar = await startSidecar({
      resources: resources(
        component('bindings.localstorage', 'files', { rootPath: folder }),
        component('bindings.http', 'web', {
          url: `http://127.0.0.1:${service.port}`,
        }),
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
    metadata: Record<string, string> = {},
    data = '',
    headers: Record<string, string> = {},
  ) =>
    grpcCall(
      sidecar,
      'invokeBinding',
      { name, operation, metadata, data: Buffer.from(data) },
      headers,
    );

  it('gets the bytes as they are, and gives back those of the component', async () => {
    const metadata = { fileName: 'a' };
    const created = await invoke('files', 'create', metadata, 'hey: "you"');
    expect(created.code).toBe(0);
    expect(created.response).toEqual({
      data: Buffer.from('{"fileName":"a"}'),
      metadata: {},
    });
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('hey: "you"');
    const got = await invoke('files', 'get', metadata);
    expect(got.response?.data.toString()).toBe('hey: "you"');
  });

  it('answers nothing where the component says nothing', async () => {
    await invoke('files', 'create', { fileName: 'gone' }, 'x y');
    const { code, response } = await invoke('files', 'delete', {
      fileName: 'gone',
    });
    expect(code).toBe(0);
    expect(response).toEqual({ data: Buffer.alloc(0), metadata: {} });
  });

  it('gives back the metadata of the answer, as headers too', async () => {
    service.on('POST /x', { headers: { 'x-web': 'yes' }, body: 'made' });
    const answer = await invoke('web', 'post', { path: 'x' }, 'raw');
    expect(answer.response?.data.toString()).toBe('made');
    expect(answer.response?.metadata).toMatchObject({
      statusCode: '200',
      status: '200 OK',
      'X-Web': 'yes',
    });
    expect(answer.headers).toMatchObject({
      'metadata.statuscode': ['200'],
      'metadata.status': ['200 OK'],
      'metadata.x-web': ['yes'],
    });
    expect((await service.next('POST /x')).text).toBe('raw');
  });

  it('hands the metadata of the call on, behind that of the request', async () => {
    service.on('GET /from-call', {}).on('GET /from-request', {});
    const headers = { path: 'from-call', 'x-own': 'o' };
    await invoke('web', 'get', {}, '', headers);
    await service.next('GET /from-call');
    await invoke('web', 'get', { path: 'from-request' }, '', headers);
    await service.next('GET /from-request');
  });

  it('carries the trace of the call', async () => {
    service.on('GET /trace', {});
    const traceparent =
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const path = 'trace';
    await invoke('web', 'get', { path, traceparent: 'x' }, '', { traceparent });
    const received = await service.next('GET /trace');
    expect(received.headers.traceparent).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-/,
    );
  });

  it.each([
    ['nope', 'get', "couldn't find output binding nope"],
    [
      'files',
      'zz',
      'binding files does not support operation zz. supported operations:create get list delete',
    ],
    ['files', '', 'operation field is missing from request'],
  ])('%s refuses %j in words', async (name, operation, words) => {
    const answer = await invoke(name, operation);
    expect(answer).toMatchObject({
      code: 13,
      message: `error invoking output binding ${name}: ${words}`,
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'ERR_INVOKE_OUTPUT_BINDING',
          domain: 'dapr.io',
        },
      ],
    });
  });

  it('tells the metadata of a failure as headers', async () => {
    service.on('GET /fail', { status: 503, headers: { 'x-web': 'yes' } });
    const answer = await invoke('web', 'get', { path: 'fail' });
    expect(answer.code).toBe(13);
    expect(answer.headers).toMatchObject({
      'metadata.statuscode': ['503'],
      'metadata.x-web': ['yes'],
    });
  });
});
