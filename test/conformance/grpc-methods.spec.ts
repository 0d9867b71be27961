import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcCode } from '../../lib/protocol/grpc-code.js';
import { DaprDefinition } from '../../lib/protocol/proto/generated/dapr.js';
import { sidecarKind, startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { RecordingApp } from './recording-app.js';

const API = `/${DaprDefinition.fullName}/`;
const METHODS = Object.values(DaprDefinition.methods).map(({ name }) => name);
const WORKFLOWS = METHODS.filter((name) => name.includes('Workflow'));
/** The names by which older clients call what has another by now. */
const ALIASES = METHODS.flatMap((name): [string, string][] => {
  const newer = name
    .replace(/WorkflowAlpha1$/, 'WorkflowBeta1')
    .replace(/Alpha1$/, '');
  return newer !== name && METHODS.includes(newer as never)
    ? [[name, newer]]
    : [];
});

interface Status {
  readonly code: number;
  readonly message: string;
}

/** Calls a method with an empty message, whatever it is that it takes and gives. */
function called({ grpcPort }: Sidecar, path: string): Promise<Status> {
  const client = new Client(
    `127.0.0.1:${grpcPort}`,
    credentials.createInsecure(),
    { 'grpc.use_local_subchannel_pool': 1 },
  );
  const bytes = (buffer: Buffer): Buffer => buffer;
  const stream = client.makeBidiStreamRequest(path, bytes, bytes);
  return new Promise<Status>((resolve) => {
    stream.on('data', () => undefined);
    stream.once('end', () => resolve({ code: 0, message: '' }));
    stream.once('error', ({ code, details }: ServiceError) =>
      resolve({ code, message: details }),
    );
    stream.end(Buffer.alloc(0));
  }).finally(() => client.close());
}

describe("the methods of Dapr's gRPC API", () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    await app.listen();
    sidecar = await startSidecar({
      app,
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  const call = (name: string): Promise<Status> => called(sidecar, API + name);

  // It ends the sidecar.
  it.each(METHODS.filter((name) => name !== 'Shutdown'))(
    'have %s among them',
    async (name) => {
      const { code, message } = await call(name);
      if (sidecar.kind === 'embedded' && WORKFLOWS.includes(name))
        expect(message).toMatch(/no workflow engine.*dapr run/);
      else expect([GrpcCode.ok, 3, 7, 9, 13]).toContain(code);
    },
  );

  it.each(ALIASES)('answer as %s what they do as %s', async (older, newer) => {
    expect(await call(older)).toEqual(await call(newer));
  });

  it('are known by older names, too', () => {
    expect(ALIASES.map(([older]) => older)).toEqual([
      'BulkPublishEventAlpha1',
      'GetConfigurationAlpha1',
      'SubscribeConfigurationAlpha1',
      'UnsubscribeConfigurationAlpha1',
      ...WORKFLOWS.slice(0, WORKFLOWS.length / 2),
      'ScheduleJobAlpha1',
      'GetJobAlpha1',
      'DeleteJobAlpha1',
      'DeleteJobsByPrefixAlpha1',
      'ListJobsAlpha1',
    ]);
  });

  it.each([
    'GetKey',
    'Encrypt',
    'Decrypt',
    'WrapKey',
    'UnwrapKey',
    'Sign',
    'Verify',
  ])('do not have Subtle%sAlpha1, as no release of Dapr has', async (name) => {
    expect(await call(`Subtle${name}Alpha1`)).toEqual({
      code: GrpcCode.unimplemented,
      message: 'this API is currently not implemented',
    });
  });

  if (sidecarKind === 'embedded') {
    it.each(['SubscribeTopicEventsAlpha1', 'SubscribeActorEventsAlpha1'])(
      'do not have the stream %s on the embedded sidecar, which says so',
      async (name) => {
        expect(await call(name)).toEqual({
          code: GrpcCode.unimplemented,
          message: `the embedded sidecar does not serve ${name}: run the application on Dapr itself (dapr run)`,
        });
      },
    );

    it.each(['Hello', 'StartInstance', 'GetWorkItems'])(
      'do not have %s of workflows on the embedded sidecar, which says so',
      async (name) => {
        expect(await called(sidecar, `/TaskHubSidecarService/${name}`)).toEqual(
          {
            code: GrpcCode.unimplemented,
            message: expect.stringMatching(/no workflow engine.*dapr run/),
          },
        );
      },
    );
  }
});
