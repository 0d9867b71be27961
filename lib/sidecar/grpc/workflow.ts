import { noWorkflowEngine } from '../blocks/workflow.js';
import type { GrpcMethods } from './api.js';
import { grpcErrorOf } from './refused.js';

/** @see https://docs.dapr.io/reference/api/workflow_api/ */
export function workflowMethods(): GrpcMethods {
  const refuse = (): never => {
    throw grpcErrorOf(noWorkflowEngine());
  };
  return {
    startWorkflowAlpha1: refuse,
    getWorkflowAlpha1: refuse,
    purgeWorkflowAlpha1: refuse,
    terminateWorkflowAlpha1: refuse,
    pauseWorkflowAlpha1: refuse,
    resumeWorkflowAlpha1: refuse,
    raiseEventWorkflowAlpha1: refuse,
    startWorkflowBeta1: refuse,
    getWorkflowBeta1: refuse,
    purgeWorkflowBeta1: refuse,
    terminateWorkflowBeta1: refuse,
    pauseWorkflowBeta1: refuse,
    resumeWorkflowBeta1: refuse,
    raiseEventWorkflowBeta1: refuse,
  };
}
