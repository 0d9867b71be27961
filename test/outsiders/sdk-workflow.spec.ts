import {
  DaprWorkflowClient,
  WorkflowRuntime,
  type DaprClient,
} from '@dapr/dapr';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { EmbeddedSidecar } from '../../lib/testing/index.js';
import { until } from '../support/until.js';
import { officialClient, optionsFor } from './official-sdk.js';

const REFUSED = /no workflow engine.*dapr run/;

type Workflows = DaprClient['workflow'];

/** The embedded sidecar has no engine for them: that is what each of the SDK's ways has to tell. */
describe('workflows of the official SDK, with the embedded sidecar', () => {
  let dapr: EmbeddedSidecar;
  beforeAll(async () => {
    dapr = await EmbeddedSidecar.start();
  });
  afterAll(() => dapr.close());
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each<[string, (workflow: Workflows) => Promise<unknown>]>([
    ['start', (workflow) => workflow.start('Order', { sku: 'book' }, 'one')],
    ['get', (workflow) => workflow.get('one')],
    ['raise', (workflow) => workflow.raise('one', 'paid', { sum: 12 })],
    ['pause', (workflow) => workflow.pause('one')],
    ['resume', (workflow) => workflow.resume('one')],
    ['terminate', (workflow) => workflow.terminate('one')],
    ['purge', (workflow) => workflow.purge('one')],
  ])('are refused in words: %s of its client over HTTP', async (_name, use) => {
    const client = officialClient(dapr);
    const refused = use(client.workflow);
    await expect(refused).rejects.toThrow(REFUSED);
    await expect(refused).rejects.toThrow('"status":501');
    await client.stop();
  });

  it('are refused by the SDK itself over gRPC', () => {
    const { workflow } = officialClient(dapr, 'gRPC');
    expect(() => workflow.get('one')).toThrow('GRPC is currently not');
  });

  it('are refused in words to its client for workflows', async () => {
    // Its steps are told to the console, whatever the logger.
    jest.spyOn(console, 'info').mockReturnValue();
    const client = new DaprWorkflowClient(optionsFor(dapr, 'gRPC'));
    for (const call of [
      () => client.getWorkflowState('one', true),
      () => client.scheduleNewWorkflow('Order', { sku: 'book' }),
      () => client.terminateWorkflow('one', undefined),
    ])
      await expect(call()).rejects.toThrow(REFUSED);
    await client.stop();
  });

  it('are refused in words to its worker', async () => {
    const told = jest.spyOn(console, 'error').mockReturnValue();
    const worker = new WorkflowRuntime(optionsFor(dapr, 'gRPC'));
    await worker.start();
    await until(() => REFUSED.test(told.mock.calls.join('\n')));
  });
});
