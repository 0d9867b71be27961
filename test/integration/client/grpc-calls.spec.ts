import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprError } from '../../../lib/errors/dapr.error.js';
import { DaprPermissionError } from '../../../lib/errors/dapr-permission.error.js';
import { Stage } from '../../support/stage.js';

describe('a client of the gRPC API', () => {
  let stage: Stage;
  let http: DaprClient;
  let grpc: DaprClient;
  const connect = (
    communicationProtocol: CommunicationProtocolEnum,
    apiToken?: string,
  ): DaprClient =>
    new DaprClient({
      communicationProtocol,
      daprPort: stage.sidecar.httpPort,
      daprGrpcPort: stage.sidecar.grpcPort,
      apiToken,
    });

  beforeAll(async () => {
    stage = await Stage.open({ apiToken: 'secret' });
    http = connect(CommunicationProtocolEnum.HTTP, 'secret');
    grpc = connect(CommunicationProtocolEnum.GRPC, 'secret');
  });
  afterAll(async () => {
    await http.stop();
    await grpc.stop();
    await stage[Symbol.asyncDispose]();
  });

  it('is told of one message that failed of several as of a call that failed [C3]', async () => {
    stage.engine.faults.failNext('publish');
    const overHttp = await http.pubsub.publishBulk('pubsub', 'x', ['a', 'b']);
    expect(overHttp.failedMessages).toMatchObject([
      { message: { event: 'a' }, error: { name: 'DaprError', status: 500 } },
    ]);
    stage.engine.faults.failNext('publish');
    const failed = grpc.pubsub.publishBulk('pubsub', 'x', ['a', 'b']);
    await expect(failed).rejects.toMatchObject({
      name: DaprError.name,
      status: 500,
      errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
      message: expect.stringContaining('injected fault at publish'),
    });
  });

  it.each([
    [
      'publish',
      (client: DaprClient) => client.pubsub.publish('pubsub', 'x', 1),
    ],
    ['send', (client: DaprClient) => client.binding.send('files', 'get')],
    ['invoke', (client: DaprClient) => client.invoker.invoke('shop', 'm')],
  ])('without the token is told so when it calls %s [C3]', async (_, call) => {
    const stranger = connect(CommunicationProtocolEnum.GRPC, 'wrong');
    const failed = call(stranger);
    await expect(failed).rejects.toThrow(DaprPermissionError);
    await expect(failed).rejects.toMatchObject({
      status: 401,
      errorCode: undefined,
      message: expect.stringContaining('DAPR_API_TOKEN'),
    });
    await stranger.stop();
  });

  it('does not hand its token on to the invoked app', async () => {
    stage.app.on('GET /m', {});
    await grpc.invoker.invoke('shop', 'm');
    const { headers } = await stage.app.next('GET /m');
    expect(headers).not.toHaveProperty('dapr-api-token');
  });

  it('refuses a header that gRPC can’t send, and sends an agent of its own', async () => {
    stage.app.on('GET /agent', {});
    const headers = { 'x-name': 'Zoë' };
    await expect(
      grpc.invoker.invoke('shop', 'agent', 'GET', undefined, { headers }),
    ).rejects.toThrow(DaprBadRequestError);
    await grpc.invoker.invoke('shop', 'agent', 'GET', undefined, {
      headers: { 'user-agent': 'mine' },
    });
    const received = await stage.app.next('GET /agent');
    expect(received.headers['user-agent']).toMatch(/^grpc-node-js/);
  });

  it('refuses a path that is escaped wrongly', async () => {
    await expect(grpc.invoker.invoke('shop', 'a%FF')).rejects.toThrow(
      DaprBadRequestError,
    );
  });

  it('takes an app’s 504 for an answer, and not for a timeout of its own', async () => {
    stage.app.on('GET /late', { status: 504, body: 'late' });
    await expect(grpc.invoker.invoke('shop', 'late')).rejects.toMatchObject({
      name: DaprError.name,
      status: 504,
      details: [{ body: 'late' }],
    });
  });

  it('gives what an app answered in bytes with a failure as nothing, and says so where it is read', async () => {
    stage.app.on('GET /bytes', {
      status: 500,
      body: Buffer.from('00fffe', 'hex'),
    });
    await expect(grpc.invoker.invoke('shop', 'bytes')).rejects.toMatchObject({
      status: 500,
      details: [{ body: '' }],
    });
    const { status, bytes } = await grpc.invoker.request('shop', 'bytes');
    expect(status).toBe(500);
    await expect(bytes()).rejects.toThrow(/63 bytes/);
  });
});
