import { GrpcCode } from '../../protocol/grpc-code.js';
import { Refusal } from '../refusal.js';

/** What every call of the workflow API is answered, in the form in which daprd says that a build lacks an API. */
export function noWorkflowEngine(): Refusal {
  return new Refusal(
    'ERR_API_UNIMPLEMENTED',
    'the embedded sidecar has no workflow engine: run the application on Dapr itself (dapr run)',
    501,
    GrpcCode.unimplemented,
  );
}
