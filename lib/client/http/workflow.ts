import type { CallOptions } from '../call-options.js';
import { parseAnswer } from '../json.js';
import {
  WORKFLOW_COMPONENT,
  workflowBody,
  workflowTime,
  type ClientWorkflow,
  type WorkflowRuntimeStatus,
  type WorkflowState,
  type WorkflowStep,
} from '../workflow.js';
import { JSON_TYPE, type HttpCall, type HttpChannel } from './channel.js';
import { pathPart, queryText } from './path.js';

interface WireState {
  readonly instanceID: string;
  readonly workflowName?: string;
  readonly createdAt?: string;
  readonly lastUpdatedAt?: string;
  readonly runtimeStatus: WorkflowRuntimeStatus;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Workflows over HTTP. */
export class HttpWorkflow implements ClientWorkflow {
  constructor(private readonly channel: HttpChannel) {}

  async getWorkflowState(
    instanceId: string,
    options?: CallOptions,
  ): Promise<WorkflowState> {
    const operation = `workflow.getWorkflowState "${instanceId}"`;
    const path = instancePath(operation, instanceId);
    const { body } = await this.channel.send({
      ...callOf(operation, 'GET', path, options),
      repeatable: true,
    });
    const wire = parseAnswer(operation, body) as WireState;
    return {
      instanceID: wire.instanceID,
      workflowName: wire.workflowName ?? '',
      createdAt: timeOf(wire.createdAt),
      lastUpdatedAt: timeOf(wire.lastUpdatedAt),
      runtimeStatus: wire.runtimeStatus,
      properties: wire.properties ?? {},
    };
  }

  async scheduleNewWorkflow(
    workflowName: string,
    input?: unknown,
    instanceId?: string,
    options?: CallOptions,
  ): Promise<string> {
    const operation = `workflow.scheduleNewWorkflow "${workflowName}"`;
    const name = pathPart(operation, 'workflow name', workflowName);
    const { body } = await this.channel.send({
      ...callOf(
        operation,
        'POST',
        `${ROOT}/${name}/start${queryText(operation, { instanceID: instanceId })}`,
        options,
      ),
      body: workflowBody(operation, input),
      contentType: JSON_TYPE,
    });
    const answer = parseAnswer(operation, body) as { instanceID: string };
    return answer.instanceID;
  }

  terminate(instanceId: string, options?: CallOptions): Promise<void> {
    return this.#step('terminate', instanceId, options);
  }

  pause(instanceId: string, options?: CallOptions): Promise<void> {
    return this.#step('pause', instanceId, options);
  }

  resume(instanceId: string, options?: CallOptions): Promise<void> {
    return this.#step('resume', instanceId, options);
  }

  purge(instanceId: string, options?: CallOptions): Promise<void> {
    return this.#step('purge', instanceId, options);
  }

  async raiseEvent(
    instanceId: string,
    eventName: string,
    eventData: unknown = null,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `workflow.raiseEvent "${instanceId}" event "${eventName}"`;
    const event = pathPart(operation, 'event name', eventName);
    const path = `${instancePath(operation, instanceId)}/raiseEvent/${event}`;
    await this.channel.send({
      ...callOf(operation, 'POST', path, options),
      body: workflowBody(operation, eventData),
      contentType: JSON_TYPE,
    });
  }

  get(instanceId: string, options?: CallOptions): Promise<WorkflowState> {
    return this.getWorkflowState(instanceId, options);
  }

  start(
    ...parts: Parameters<ClientWorkflow['scheduleNewWorkflow']>
  ): Promise<string> {
    return this.scheduleNewWorkflow(...parts);
  }

  raise(...parts: Parameters<ClientWorkflow['raiseEvent']>): Promise<void> {
    return this.raiseEvent(...parts);
  }

  async #step(
    step: WorkflowStep,
    instanceId: string,
    options: CallOptions | undefined,
  ): Promise<void> {
    const operation = `workflow.${step} "${instanceId}"`;
    const path = `${instancePath(operation, instanceId)}/${step}`;
    await this.channel.send(callOf(operation, 'POST', path, options));
  }
}

const ROOT = `/v1.0/workflows/${WORKFLOW_COMPONENT}`;

function instancePath(operation: string, instanceId: string): string {
  return `${ROOT}/${pathPart(operation, 'instance id', instanceId)}`;
}

function callOf(
  operation: string,
  method: HttpCall['method'],
  path: string,
  options: CallOptions | undefined,
): HttpCall {
  // The sidecar may wait for a worker of this very app.
  return { operation, lane: 'reentrant', method, path, options };
}

function timeOf(text: string | undefined): Date | undefined {
  return workflowTime(text === undefined ? undefined : new Date(text));
}
