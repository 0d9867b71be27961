import { bytesOf } from '../protocol/json.js';
import type { CallOptions } from './call-options.js';
import { jsonOf } from './json.js';

export type WorkflowRuntimeStatus =
  | 'RUNNING'
  | 'COMPLETED'
  | 'CONTINUED_AS_NEW'
  | 'FAILED'
  | 'CANCELED'
  | 'TERMINATED'
  | 'PENDING'
  | 'SUSPENDED'
  | 'UNKNOWN';

/** What is known of an instance of a workflow. */
export interface WorkflowState {
  readonly instanceID: string;
  /** '' while it is PENDING. */
  readonly workflowName: string;
  /** Undefined while it is PENDING. */
  readonly createdAt: Date | undefined;
  /** Undefined while it is PENDING. */
  readonly lastUpdatedAt: Date | undefined;
  readonly runtimeStatus: WorkflowRuntimeStatus;
  /** `dapr.workflow.input`, `.output`, `.custom_status`, `.failure.error_message` and the like; JSON where they are data. */
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Instances of workflows that a worker of the app runs. Needs a sidecar with actors and a connected worker: without
 * one, starting waits until its timeout.
 * @see https://docs.dapr.io/reference/api/workflow_api/
 */
export interface ClientWorkflow {
  /** @throws DaprNotFoundError for an unknown instance */
  getWorkflowState(
    instanceId: string,
    options?: CallOptions,
  ): Promise<WorkflowState>;
  /**
   * Starts an instance and resolves with its id.
   * @param input any JSON; a Buffer goes as it is; undefined: none
   * @param instanceId at most 64 letters, digits, `-` and `_`. Default: random
   */
  scheduleNewWorkflow(
    workflowName: string,
    input?: unknown,
    instanceId?: string,
    options?: CallOptions,
  ): Promise<string>;
  /** Ends an instance, and those that it has started. */
  terminate(instanceId: string, options?: CallOptions): Promise<void>;
  pause(instanceId: string, options?: CallOptions): Promise<void>;
  resume(instanceId: string, options?: CallOptions): Promise<void>;
  /** Forgets an instance that has ended, and those that it has started. */
  purge(instanceId: string, options?: CallOptions): Promise<void>;
  /** @param eventData any JSON; a Buffer goes as it is; undefined: null */
  raiseEvent(
    instanceId: string,
    eventName: string,
    eventData?: unknown,
    options?: CallOptions,
  ): Promise<void>;
  /** @deprecated Another name of `getWorkflowState`. */
  get(instanceId: string, options?: CallOptions): Promise<WorkflowState>;
  /** @deprecated Another name of `scheduleNewWorkflow`. */
  start(
    workflowName: string,
    input?: unknown,
    instanceId?: string,
    options?: CallOptions,
  ): Promise<string>;
  /** @deprecated Another name of `raiseEvent`. */
  raise(
    instanceId: string,
    eventName: string,
    eventData?: unknown,
    options?: CallOptions,
  ): Promise<void>;
}

/** Dapr looks at no component: it has one engine. The name is custom. */
export const WORKFLOW_COMPONENT = 'dapr';

/** What can be done with an instance. */
export type WorkflowStep = 'terminate' | 'pause' | 'resume' | 'purge';

const NOTHING = Buffer.alloc(0);

/** Workers read JSON, so that text goes as JSON, too. */
export function workflowBody(operation: string, data: unknown): Buffer {
  if (data === undefined) return NOTHING;
  return bytesOf(data) ?? Buffer.from(jsonOf(operation, data));
}

/** The time of an instance that has begun; Dapr gives one that has not the first moment of the year 1. */
export function workflowTime(time: Date | undefined): Date | undefined {
  return time && time.getTime() > 0 ? time : undefined;
}
