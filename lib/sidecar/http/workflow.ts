import { noWorkflowEngine } from '../blocks/workflow.js';
import type { ApiRoute } from './api.js';
import { apiErrorOf } from './refused.js';

const STEPS = [
  ':workflow/start',
  ':instance/terminate',
  ':instance/pause',
  ':instance/resume',
  ':instance/purge',
  ':instance/raiseEvent/:event',
];

/** @see https://docs.dapr.io/reference/api/workflow_api/ */
export function workflowRoutes(): readonly ApiRoute[] {
  const handle = (): never => {
    throw apiErrorOf(noWorkflowEngine());
  };
  return ['v1.0', 'v1.0-beta1', 'v1.0-alpha1'].flatMap((version) => {
    const root = `/${version}/workflows/:component`;
    return [
      { verbs: ['GET'], path: `${root}/:instance`, handle },
      ...STEPS.map((step) => ({
        verbs: ['POST'],
        path: `${root}/${step}`,
        handle,
      })),
    ];
  });
}
