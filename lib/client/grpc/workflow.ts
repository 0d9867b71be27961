import { errorOfAnswer } from '../../errors/error-of-answer.js';
import type { CallOptions } from '../call-options.js';
import { requireName } from '../name.js';
import {
  WORKFLOW_COMPONENT,
  workflowBody,
  workflowTime,
  type ClientWorkflow,
  type WorkflowRuntimeStatus,
  type WorkflowState,
  type WorkflowStep,
} from '../workflow.js';
import type { GrpcChannel } from './channel.js';

const METHODS = {
  terminate: 'terminateWorkflowBeta1',
  pause: 'pauseWorkflowBeta1',
  resume: 'resumeWorkflowBeta1',
  purge: 'purgeWorkflowBeta1',
} as const;

/** Workflows over gRPC. */
export class GrpcWorkflow implements ClientWorkflow {
  constructor(private readonly channel: GrpcChannel) {}

  async getWorkflowState(
    instanceId: string,
    options?: CallOptions,
  ): Promise<WorkflowState> {
    const operation = `workflow.getWorkflowState "${instanceId}"`;
    const state = await this.channel.unary(
      'getWorkflowBeta1',
      instance(operation, instanceId),
      {
        operation,
        errorCode: 'ERR_GET_WORKFLOW',
        options,
        repeatable: true,
      },
    );
    // daprd answers OK, with nothing but the id.
    if (state.runtimeStatus === '')
      throw errorOfAnswer({
        operation,
        status: 404,
        errorCode: 'ERR_INSTANCE_ID_NOT_FOUND',
        message: `unable to find workflow with the provided instance ID: ${instanceId}`,
      });
    return {
      instanceID: state.instanceId,
      workflowName: state.workflowName,
      createdAt: workflowTime(state.createdAt),
      lastUpdatedAt: workflowTime(state.lastUpdatedAt),
      runtimeStatus: state.runtimeStatus as WorkflowRuntimeStatus,
      properties: state.properties,
    };
  }

  async scheduleNewWorkflow(
    workflowName: string,
    input?: unknown,
    instanceId = '',
    options?: CallOptions,
  ): Promise<string> {
    const operation = `workflow.scheduleNewWorkflow "${workflowName}"`;
    requireName(operation, 'workflow name', workflowName);
    const started = await this.channel.unary(
      'startWorkflowBeta1',
      {
        instanceId,
        workflowComponent: WORKFLOW_COMPONENT,
        workflowName,
        options: {},
        input: workflowBody(operation, input),
      },
      { operation, errorCode: 'ERR_START_WORKFLOW', options },
    );
    return started.instanceId;
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
    requireName(operation, 'event name', eventName);
    await this.channel.unary(
      'raiseEventWorkflowBeta1',
      {
        ...instance(operation, instanceId),
        eventName,
        eventData: workflowBody(operation, eventData),
      },
      { operation, errorCode: 'ERR_RAISE_EVENT_WORKFLOW', options },
    );
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
    const request = instance(operation, instanceId);
    const errorCode = `ERR_${step.toUpperCase()}_WORKFLOW`;
    await this.channel.unary(METHODS[step], request, {
      operation,
      errorCode,
      options,
    });
  }
}

function instance(
  operation: string,
  instanceId: string,
): { instanceId: string; workflowComponent: string } {
  requireName(operation, 'instance id', instanceId);
  return { instanceId, workflowComponent: WORKFLOW_COMPONENT };
}
