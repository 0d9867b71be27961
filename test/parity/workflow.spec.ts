import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WorkflowRuntime, type WorkflowContext } from '@dapr/dapr';
import {
  DaprBadRequestError,
  DaprError,
  DaprNotFoundError,
  type WorkflowRuntimeStatus,
  type WorkflowState,
} from '../../lib/index.js';
import { component } from '../conformance/components.js';
import { quiet } from '../outsiders/official-sdk.js';
import { sidecarKind } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { describeParity, type ParityRun } from './parity.js';

const resources = (): string =>
  component('state.in-memory', 'store', { actorStateStore: 'true' });

if (sidecarKind === 'embedded')
  describeParity('a workflow', { resources }, onEmbedded);
else
  describeParity('a workflow', { resources }, (run) => {
    // Its worker has to go before the sidecar does.
    describe('of a worker', () => onDaprd(run));
  });

function onEmbedded(run: ParityRun): void {
  it('can’t be had, and it is said who has them', async () => {
    const { workflow } = run.client;
    for (const failed of [
      workflow.scheduleNewWorkflow('Order'),
      workflow.getWorkflowState('one'),
      workflow.pause('one'),
      workflow.resume('one'),
      workflow.terminate('one'),
      workflow.purge('one'),
      workflow.raiseEvent('one', 'go'),
    ]) {
      await expect(failed).rejects.toThrow(DaprError);
      await expect(failed).rejects.toThrow(/no workflow engine.*dapr run/);
      await expect(failed).rejects.toMatchObject({ status: 501 });
    }
  });
}

/** Waits for an event and gives it back with its input. */
async function* order(
  context: WorkflowContext,
  input: unknown,
): AsyncGenerator<unknown, unknown, unknown> {
  const event: unknown = yield context.waitForExternalEvent('go');
  return { input, event };
}

function onDaprd(run: ParityRun): void {
  let worker: WorkflowRuntime;

  beforeAll(async () => {
    // The worker of the official SDK tells of every step, whatever its logger.
    jest.spyOn(console, 'info').mockReturnValue();
    worker = new WorkflowRuntime({
      daprHost: '127.0.0.1',
      daprPort: String(run.sidecar.grpcPort),
      logger: { service: quiet },
    });
    worker.registerWorkflowWithName('Order', order as never);
    await worker.start();
  });
  afterAll(async () => {
    await worker.stop();
    jest.restoreAllMocks();
  });

  const become = async (
    instanceId: string,
    status: WorkflowRuntimeStatus,
  ): Promise<WorkflowState> => {
    let state: WorkflowState | undefined;
    await until(async () => {
      state = await run.client.workflow.getWorkflowState(instanceId);
      return state.runtimeStatus === status;
    });
    return state as WorkflowState;
  };
  const started = async (input?: unknown): Promise<string> => {
    const id = await run.client.workflow.scheduleNewWorkflow('Order', input);
    await become(id, 'RUNNING');
    return id;
  };

  it('starts under the id that it is given', async () => {
    const { workflow } = run.client;
    const before = Date.now() - 1000;
    const id = await workflow.scheduleNewWorkflow('Order', { a: 1 }, 'my-id_1');
    expect(id).toBe('my-id_1');
    const state = await become(id, 'RUNNING');
    expect(state).toEqual({
      instanceID: id,
      workflowName: 'Order',
      createdAt: expect.any(Date),
      lastUpdatedAt: expect.any(Date),
      runtimeStatus: 'RUNNING',
      properties: { 'dapr.workflow.input': '{"a":1}' },
    });
    expect(state.createdAt?.getTime()).toBeGreaterThan(before);
  });

  it.each<[string, unknown, unknown]>([
    ['an object', { a: new Date(0) }, { a: '1970-01-01T00:00:00.000Z' }],
    ['text', 'grüße', 'grüße'],
    ['0', 0, 0],
    ['false', false, false],
    ['bytes of JSON', Buffer.from('[1]'), [1]],
  ])('takes %s for its input and its events', async (_what, data, seen) => {
    const { workflow } = run.client;
    const id = await started(data);
    await workflow.raiseEvent(id, 'go', data);
    const { properties } = await become(id, 'COMPLETED');
    expect(JSON.parse(properties['dapr.workflow.output'] ?? '')).toEqual({
      input: seen,
      event: seen,
    });
  });

  it('runs without any', async () => {
    const { workflow } = run.client;
    const id = await workflow.start('Order');
    await become(id, 'RUNNING');
    await workflow.raise(id, 'go');
    await become(id, 'COMPLETED');
    const { properties } = await workflow.get(id);
    expect(JSON.parse(properties['dapr.workflow.output'] ?? '')).toEqual({
      event: null,
    });
  });

  it('is paused, resumed, terminated and forgotten', async () => {
    const { workflow } = run.client;
    const id = await started();
    await workflow.pause(id);
    await become(id, 'SUSPENDED');
    await workflow.resume(id);
    await become(id, 'RUNNING');
    const early = workflow.purge(id);
    await expect(early).rejects.toThrow(DaprError);
    await expect(early).rejects.toMatchObject({
      errorCode: 'ERR_PURGE_WORKFLOW',
      status: 500,
    });
    await workflow.terminate(id);
    await become(id, 'TERMINATED');
    await workflow.purge(id);
    await expect(workflow.getWorkflowState(id)).rejects.toThrow(
      DaprNotFoundError,
    );
  });

  it('that does not exist is not found, whatever is asked of it [C3]', async () => {
    const { workflow } = run.client;
    for (const failed of [
      workflow.getWorkflowState('nobody'),
      workflow.pause('nobody'),
      workflow.resume('nobody'),
      workflow.terminate('nobody'),
      workflow.purge('nobody'),
      workflow.raiseEvent('nobody', 'go'),
    ])
      await expect(failed).rejects.toThrow(DaprNotFoundError);
    await expect(workflow.getWorkflowState('nobody')).rejects.toMatchObject({
      errorCode: 'ERR_INSTANCE_ID_NOT_FOUND',
      status: 404,
    });
  });

  it.each(['not an id', 'x'.repeat(65)])('can’t have the id %j', async (id) => {
    const failed = run.client.workflow.scheduleNewWorkflow('Order', 1, id);
    await expect(failed).rejects.toThrow(DaprBadRequestError);
    await expect(failed).rejects.toMatchObject({
      errorCode: expect.stringMatching(/^ERR_INSTANCE_ID_/),
    });
  });

  it('without a name or an id is refused before the call', async () => {
    const { workflow } = run.client;
    for (const failed of [
      workflow.scheduleNewWorkflow(''),
      workflow.getWorkflowState(''),
      workflow.terminate(''),
      workflow.raiseEvent('x', ''),
      workflow.scheduleNewWorkflow('Order', { a: 1n }),
    ])
      await expect(failed).rejects.toThrow(DaprBadRequestError);
  });
}
