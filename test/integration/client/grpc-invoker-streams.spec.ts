import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprTimeoutError } from '../../../lib/errors/dapr-timeout.error.js';
import { until } from '../../support/until.js';
import { startGrpcServer, type TestGrpcServer } from './grpc-server.js';
import { ManualClock } from './manual-clock.js';

describe('a stream as the data of an invocation over gRPC', () => {
  let server: TestGrpcServer;
  let clock: ManualClock;
  let client: DaprClient;

  beforeEach(async () => {
    server = await startGrpcServer({
      invokeService: () => new Promise(() => undefined),
    });
    clock = new ManualClock();
    client = new DaprClient(
      {
        grpcEndpoint: server.address,
        communicationProtocol: CommunicationProtocolEnum.GRPC,
        timeout: 5_000,
      },
      { clock },
    );
  });
  afterEach(async () => {
    await client.stop();
    await server.close();
  });

  /** Never ends by itself. */
  const endless = (): Readable => {
    const source = new Readable({ read: () => undefined });
    source.push('first');
    return source;
  };
  const send = (data: Readable): Promise<unknown> =>
    client.invoker.invoke('app', 'm', 'POST', data);

  it('has to end within the timeout [C8]', async () => {
    const source = endless();
    const failed = expect(send(source)).rejects.toThrow(DaprTimeoutError);
    await until(() => clock.pending === 1);
    clock.advance(5_000);
    await failed;
    expect(source.destroyed).toBe(true);
    expect(server.calls).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('leaves the call what is left of the timeout [C8]', async () => {
    const source = endless();
    const failed = expect(send(source)).rejects.toThrow(DaprTimeoutError);
    await until(() => clock.pending === 1);
    clock.advance(4_000);
    source.push(null);
    await until(() => server.calls.length === 1);
    clock.advance(1_000);
    await failed;
  });

  it('ends with the client', async () => {
    const source = endless();
    const failed = expect(send(source)).rejects.toThrow(
      'the client was stopped',
    );
    await until(() => clock.pending === 1);
    await client.stop();
    await failed;
    expect(source.destroyed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('of objects that are no bytes fails, and none of it is sent', async () => {
    const failed = send(Readable.from([{ a: 1 }]));
    await expect(failed).rejects.toThrow(DaprBadRequestError);
    expect(server.calls).toEqual([]);
  });
});
