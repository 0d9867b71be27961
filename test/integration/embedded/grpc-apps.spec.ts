import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { once } from 'node:events';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import {
  GreeterClient,
  startGreeter,
  type Greeter,
  type GreeterApp,
} from '../../support/greeter.js';

describe('an app that speaks gRPC, in specs', () => {
  let dapr: EmbeddedSidecar;
  let app: GreeterApp;
  let greeter: Greeter;

  beforeEach(async () => {
    dapr = await EmbeddedSidecar.start();
    app = await startGreeter();
    await dapr.connect({ port: app.port, appId: 'greeter', protocol: 'grpc' });
    greeter = await dapr.client.proxy.create(GreeterClient, {
      appId: 'greeter',
    });
  });
  afterEach(async () => {
    await dapr.close();
    app.close();
  });

  const greet = (name: string) =>
    new Promise<ServiceError | null>((resolve) =>
      greeter.greet({ name }, new Metadata(), {}, resolve),
    );

  it('is in the transcript with the HTTP status that its own status means', async () => {
    await greet('Ada');
    await greet('nobody');
    await dapr.idle();
    expect(dapr.transcript.of('invocation')).toMatchObject([
      { appId: 'greeter', name: '/greeter.Greeter/Greet', outcome: '200' },
      { appId: 'greeter', name: '/greeter.Greeter/Greet', outcome: '404' },
    ]);
  });

  it('fails where invocations are told to', async () => {
    dapr.faults.failNext('invoke');
    expect(await greet('Ada')).toMatchObject({
      code: status.UNKNOWN,
      details: 'injected fault at invoke',
    });
    expect(await greet('Ada')).toBeNull();
    expect(app.calls).toHaveLength(1);
  });

  it('may have streams open while all else is idle, and loses them when it goes', async () => {
    const stream = greeter.talk();
    stream.write({ name: 'Ada' });
    await once(stream, 'data');
    await dapr.idle();
    const ended = once(stream, 'error') as Promise<[ServiceError]>;
    app.close();
    const [error] = await ended;
    expect([status.UNAVAILABLE, status.CANCELLED]).toContain(error.code);
    await dapr.idle();
  });
});
