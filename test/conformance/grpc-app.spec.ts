import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { httpStatusOf } from '../../lib/protocol/grpc-code.js';
import {
  readStatusDetails,
  STATUS_DETAILS,
  writeStatusDetails,
} from '../../lib/protocol/grpc-status.js';
import {
  InvokeRequest,
  InvokeResponse,
} from '../../lib/protocol/proto/generated/common.js';
import { InvokeServiceRequest } from '../../lib/protocol/proto/generated/invoke.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { call } from './wire.js';

const APP_TOKEN = 'token-of-the-app';

describe('an application that speaks gRPC', () => {
  let app: CallbackApp;
  let own: Sidecar;
  let other: Sidecar;

  beforeAll(async () => {
    app = await startCallbackApp();
    own = await startSidecar({
      appId: 'callee',
      app: { port: app.port },
      appProtocol: 'grpc',
      appToken: APP_TOKEN,
    });
    other = await startSidecar({ appId: 'caller', beside: own });
  });
  afterAll(async () => {
    await other?.stop();
    await own?.stop();
    app?.close();
  });

  const invoke = (verb: string, method: string, body?: string, from = other) =>
    call(from, verb, `/v1.0/invoke/callee/method/${method}`, body, {
      'content-type': 'application/json',
      'x-custom': 'c',
      ...(body !== undefined && { 'content-length': body.length }),
    });

  it('gets an invocation as OnInvoke, and answers for it', async () => {
    const answer = await invoke('POST', 'orders/ne%20w?a=1&b=2', '{"a":1}');
    expect(answer).toMatchObject({ status: 200, text: '{"ok":true}' });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'x-app': 'h',
    });
    const { request, metadata } = app.last();
    expect(request).toEqual({
      method: 'orders/ne w',
      data: { typeUrl: '', value: Buffer.from('{"a":1}') },
      contentType: 'application/json',
      httpExtension: { verb: 3, querystring: 'a=1&b=2' },
    });
    expect(metadata.getMap()).toMatchObject({
      'x-custom': 'c',
      'dapr-content-type': 'application/json',
      'dapr-content-length': '7',
      'dapr-api-token': APP_TOKEN,
      'dapr-caller-app-id': 'caller',
      'dapr-callee-app-id': 'callee',
    });
  });

  it.each([
    ['GET', 1],
    ['PUT', 4],
    ['DELETE', 5],
    ['PATCH', 9],
  ])('gets the verb %s', async (verb, number) => {
    expect((await invoke(verb, 'x')).status).toBe(200);
    expect(app.last().request.httpExtension).toEqual({
      verb: number,
      querystring: '',
    });
  });

  it('gets an invocation of its own, without a caller', async () => {
    expect((await invoke('GET', 'x', undefined, own)).status).toBe(200);
    const { metadata } = app.last();
    expect(metadata.get('dapr-caller-app-id')).toEqual([]);
  });

  it.each(Object.values(status).filter((code) => Number(code) > 0) as status[])(
    'has its status %i told over HTTP by the status that means it',
    async (code) => {
      const answer = await invoke('GET', `fail/${code}`);
      expect(answer.status).toBe(httpStatusOf(code));
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
      expect(answer.json).toEqual({ code, message: 'no, 50 % ü' });
    },
  );

  it('has details of its status told, too', async () => {
    const answer = await invoke('GET', 'details');
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({
      code: 5,
      details: [{ reason: 'NOBODY', domain: 'callee' }],
    });
  });

  it('answers a caller that speaks gRPC with its own status', async () => {
    const done = await invokeService(other, 'orders');
    expect(done.response?.data?.value.toString()).toBe('{"ok":true}');
    expect(done.response?.contentType).toBe('application/json');
    const { error } = await invokeService(other, 'details');
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'nope' });
    const [packed] = error?.metadata.get(STATUS_DETAILS) ?? [];
    expect(readStatusDetails(packed as Buffer)).toMatchObject([
      { reason: 'NOBODY' },
    ]);
  });

  it('stands in the metadata with its protocol', async () => {
    const { json } = await call(own, 'GET', '/v1.0/metadata');
    expect(json).toMatchObject({
      appConnectionProperties: { port: app.port, protocol: 'grpc' },
    });
  });
});

interface Invoked {
  readonly request: InvokeRequest;
  readonly metadata: Metadata;
}

interface CallbackApp {
  readonly port: number;
  last(): Invoked;
  close(): void;
}

const ON_INVOKE: ServiceDefinition = {
  onInvoke: {
    path: '/dapr.proto.runtime.v1.AppCallback/OnInvoke',
    requestStream: false,
    responseStream: false,
    requestSerialize: (request: InvokeRequest) =>
      Buffer.from(InvokeRequest.encode(request).finish()),
    requestDeserialize: (bytes: Buffer) => InvokeRequest.decode(bytes),
    responseSerialize: (response: InvokeResponse) =>
      Buffer.from(InvokeResponse.encode(response).finish()),
    responseDeserialize: (bytes: Buffer) => InvokeResponse.decode(bytes),
  },
};

async function startCallbackApp(): Promise<CallbackApp> {
  const invoked: Invoked[] = [];
  const server = new Server();
  server.addService(ON_INVOKE, {
    onInvoke(
      invocation: ServerUnaryCall<InvokeRequest, unknown>,
      answer: sendUnaryData<InvokeResponse>,
    ) {
      const { request, metadata } = invocation;
      const headers = new Metadata();
      headers.set('x-app', 'h');
      invocation.sendMetadata(headers);
      invoked.push({ request, metadata });
      const [, code] = /^fail\/(\d+)$/.exec(request.method) ?? [];
      if (code) return answer({ code: Number(code), details: 'no, 50 % ü' });
      if (request.method === 'details') return answer(refusal());
      answer(null, {
        data: { typeUrl: '', value: Buffer.from('{"ok":true}') },
        contentType: 'application/json',
      });
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      '127.0.0.1:0',
      ServerCredentials.createInsecure(),
      (error, bound) => (error ? reject(error) : resolve(bound)),
    ),
  );
  return {
    port,
    last() {
      const call = invoked.at(-1);
      if (!call) throw new Error('nothing was invoked');
      return call;
    },
    close: () => server.forceShutdown(),
  };
}

function refusal() {
  const metadata = new Metadata();
  metadata.set(
    STATUS_DETAILS,
    writeStatusDetails(status.NOT_FOUND, 'nope', [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'NOBODY',
        domain: 'callee',
        metadata: {},
      },
    ]),
  );
  return { code: status.NOT_FOUND, details: 'nope', metadata };
}

function invokeService(
  { grpcPort }: Sidecar,
  method: string,
): Promise<{ error: ServiceError | null; response?: InvokeResponse }> {
  const client = new Client(
    `127.0.0.1:${grpcPort}`,
    credentials.createInsecure(),
  );
  return new Promise((resolve) =>
    client.makeUnaryRequest(
      '/dapr.proto.runtime.v1.Dapr/InvokeService',
      (request: InvokeServiceRequest) =>
        Buffer.from(InvokeServiceRequest.encode(request).finish()),
      (bytes) => InvokeResponse.decode(bytes),
      {
        id: 'callee',
        message: {
          method,
          contentType: '',
          httpExtension: { verb: 1, querystring: '' },
        },
      },
      (error, response) => {
        client.close();
        resolve({ error, ...(response && { response }) });
      },
    ),
  );
}
