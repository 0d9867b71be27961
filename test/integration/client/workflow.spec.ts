import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum, DaprClient } from '../../../lib/index.js';
import type { GetWorkflowResponse } from '../../../lib/protocol/proto/generated/workflow.js';
import { Activity } from '../../../lib/sidecar/activity.js';
import type { GrpcMethods } from '../../../lib/sidecar/grpc/api.js';
import { GrpcFront } from '../../../lib/sidecar/grpc/front.js';
import { startServer } from './server.js';

/** What daprd says of instances, by their ids. */
const YEAR_ONE = new Date('0001-01-01T00:00:00Z');
const STATES: Readonly<Record<string, GetWorkflowResponse>> = {
  pending: {
    instanceId: 'pending',
    workflowName: '',
    createdAt: YEAR_ONE,
    lastUpdatedAt: YEAR_ONE,
    runtimeStatus: 'PENDING',
    properties: {},
  },
  done: {
    instanceId: 'done',
    workflowName: 'Order',
    createdAt: new Date('2026-11-21T12:59:56.040Z'),
    lastUpdatedAt: new Date('2026-11-21T12:59:59.079Z'),
    runtimeStatus: 'COMPLETED',
    properties: { 'dapr.workflow.output': '1' },
  },
};

interface Stub {
  readonly client: DaprClient;
  /** What was asked for, and with which data. */
  readonly asked: readonly (readonly [string, string])[];
  close(): Promise<void>;
}

/** A sidecar that says of itself what daprd says; protobuf's JSON leaves out what is empty. */
async function overHttp(): Promise<Stub> {
  const asked: [string, string][] = [];
  const server = await startServer(({ method, url, body }, response) => {
    asked.push([`${method} ${url}`, body.toString()]);
    const { instanceId: instanceID = 'an-id', ...state } =
      STATES[url.split('/').at(-1) ?? ''] ?? {};
    const members = Object.entries({ instanceID, ...state }).filter(
      ([, value]) =>
        value instanceof Date || Object.keys(value ?? {}).length > 0,
    );
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(JSON.stringify(Object.fromEntries(members)));
  });
  const client = new DaprClient({ httpEndpoint: server.url });
  return {
    client,
    asked,
    async close() {
      await client.stop();
      await server.close();
    },
  };
}

async function overGrpc(): Promise<Stub> {
  const asked: [string, string][] = [];
  const step =
    (path: string) =>
    ({ instanceId }: { readonly instanceId: string }): object => {
      asked.push([`POST /v1.0/workflows/dapr/${instanceId}/${path}`, '']);
      return {};
    };
  const methods: GrpcMethods = {
    startWorkflowBeta1({ workflowName, instanceId, input }) {
      const query = instanceId && `?instanceID=${instanceId}`;
      asked.push([
        `POST /v1.0/workflows/dapr/${workflowName}/start${query}`,
        input.toString(),
      ]);
      return { instanceId: 'an-id' };
    },
    getWorkflowBeta1: ({ instanceId }) => STATES[instanceId]!,
    terminateWorkflowBeta1: step('terminate'),
    pauseWorkflowBeta1: step('pause'),
    resumeWorkflowBeta1: step('resume'),
    purgeWorkflowBeta1: step('purge'),
    raiseEventWorkflowBeta1({ instanceId, eventName, eventData }) {
      const path = `/v1.0/workflows/dapr/${instanceId}/raiseEvent/${eventName}`;
      asked.push([`POST ${path}`, eventData.toString()]);
      return {};
    },
  };
  const front = new GrpcFront({
    appId: 'app',
    instanceId: 'app-1',
    apiToken: undefined,
    activity: new Activity(),
    warn: () => undefined,
    methods,
    forward: () => Promise.reject(new Error('not asked for')),
  });
  const port = await front.listen(0);
  const client = new DaprClient({
    grpcEndpoint: `127.0.0.1:${port}`,
    communicationProtocol: CommunicationProtocolEnum.GRPC,
  });
  return {
    client,
    asked,
    async close() {
      await client.stop();
      await front.close();
    },
  };
}

describe.each([
  ['HTTP', overHttp],
  ['gRPC', overGrpc],
] as const)('client.workflow over %s', (_protocol, start) => {
  let stub: Stub;
  beforeAll(async () => {
    stub = await start();
  });
  afterAll(() => stub.close());

  it('tells of an instance, its times as Dates', async () => {
    expect(await stub.client.workflow.getWorkflowState('done')).toEqual({
      instanceID: 'done',
      workflowName: 'Order',
      createdAt: new Date('2026-11-21T12:59:56.040Z'),
      lastUpdatedAt: new Date('2026-11-21T12:59:59.079Z'),
      runtimeStatus: 'COMPLETED',
      properties: { 'dapr.workflow.output': '1' },
    });
  });

  it('tells of no times where an instance has not begun', async () => {
    expect(await stub.client.workflow.get('pending')).toEqual({
      instanceID: 'pending',
      workflowName: '',
      createdAt: undefined,
      lastUpdatedAt: undefined,
      runtimeStatus: 'PENDING',
      properties: {},
    });
  });

  it.each<[string, unknown, string]>([
    ['an object', { when: new Date(0) }, '{"when":"1970-01-01T00:00:00.000Z"}'],
    ['text', 'x', '"x"'],
    ['0', 0, '0'],
    ['null', null, 'null'],
    ['bytes', Buffer.from('raw'), 'raw'],
  ])('starts an instance with %s [C5]', async (_what, input, body) => {
    const { workflow } = stub.client;
    const id = await workflow.scheduleNewWorkflow('Order', input, 'my-id');
    expect(id).toBe('an-id');
    await workflow.raiseEvent('my-id', 'go', input);
    expect(stub.asked.slice(-2)).toEqual([
      ['POST /v1.0/workflows/dapr/Order/start?instanceID=my-id', body],
      ['POST /v1.0/workflows/dapr/my-id/raiseEvent/go', body],
    ]);
  });

  it('starts one without anything, under an id of Dapr’s', async () => {
    const { workflow } = stub.client;
    expect(await workflow.start('Order')).toBe('an-id');
    await workflow.raise('my-id', 'go');
    expect(stub.asked.slice(-2)).toEqual([
      ['POST /v1.0/workflows/dapr/Order/start', ''],
      ['POST /v1.0/workflows/dapr/my-id/raiseEvent/go', 'null'],
    ]);
  });

  it.each(['terminate', 'pause', 'resume', 'purge'] as const)(
    'has an instance %s',
    async (step) => {
      await stub.client.workflow[step]('my-id');
      expect(stub.asked.at(-1)).toEqual([
        `POST /v1.0/workflows/dapr/my-id/${step}`,
        '',
      ]);
    },
  );
});
