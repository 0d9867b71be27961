import { GrpcCode } from '../../protocol/grpc-code.js';
import { DaprDefinition } from '../../protocol/proto/generated/dapr.js';
import { noWorkflowEngine } from '../blocks/workflow.js';
import { GrpcError } from './api.js';
import { grpcErrorOf } from './refused.js';

const API = `/${DaprDefinition.fullName}/`;
// What clients and workers of workflows speak to daprd.
const WORKFLOWS = '/TaskHubSidecarService/';

/** What is said of a method that is Dapr's own, and not to be had here; undefined for those of applications. */
export function unserved(path: string): GrpcError | undefined {
  if (path.startsWith(WORKFLOWS)) return grpcErrorOf(noWorkflowEngine());
  if (!path.startsWith(API)) return undefined;
  const name = path.slice(API.length);
  return new GrpcError(
    GrpcCode.unimplemented,
    // The words of daprd's release builds, which are made without.
    name.startsWith('Subtle')
      ? 'this API is currently not implemented'
      : `the embedded sidecar does not serve ${name}: run the application on Dapr itself (dapr run)`,
  );
}
