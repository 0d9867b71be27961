import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcCode } from '../../lib/protocol/grpc-code.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { grpcCall } from './grpc-wire.js';
import { RecordingApp } from './recording-app.js';

const DAY = 24 * 3_600_000;

/** Ends with its status when the sidecar has answered. */
function sent(
  { grpcPort }: Sidecar,
  message: Buffer,
  deadline = Infinity,
): Promise<{ readonly code: number; readonly message: string }> {
  const client = new Client(
    `127.0.0.1:${grpcPort}`,
    credentials.createInsecure(),
    { 'grpc.use_local_subchannel_pool': 1 },
  );
  const bytes = (buffer: Buffer): Buffer => buffer;
  return new Promise<{ code: number; message: string }>((resolve) => {
    client.makeUnaryRequest(
      '/dapr.proto.runtime.v1.Dapr/GetState',
      bytes,
      bytes,
      message,
      { deadline },
      (error: ServiceError | null) =>
        resolve({ code: error?.code ?? 0, message: error?.details ?? '' }),
    );
  }).finally(() => client.close());
}

describe('a call over gRPC', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    await app.listen();
    sidecar = await startSidecar({
      app,
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  // { storeName: 'store', key: 'k' }
  const request = Buffer.from('\n\u0005store\u0012\u0001k', 'latin1');

  it.each([30, 365, 2000])(
    'may take as long as its deadline says, be it %i days',
    async (days) => {
      const deadline = Date.now() + days * DAY;
      expect(await sent(sidecar, request, deadline)).toEqual({
        code: 0,
        message: '',
      });
    },
  );

  it('is refused when its message can’t be read', async () => {
    const { code, message } = await sent(sidecar, Buffer.from([0x0a, 0x7f]));
    expect(code).toBe(GrpcCode.internal);
    expect(message).toMatch(/^grpc: error unmarshalling request: /);
  });

  it('that has no answer of a size that fits is answered all the same', async () => {
    const key = 'k'.repeat(100_000);
    const { code } = await grpcCall(sidecar, 'getSecret', {
      storeName: key,
      key,
      metadata: {},
    });
    expect(code).not.toBe(0);
    const { response } = await grpcCall(sidecar, 'getMetadata', {});
    expect(response?.id).toBe(sidecar.appId);
  });
});
