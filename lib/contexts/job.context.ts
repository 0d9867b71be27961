import { DaprContext, type DaprCall } from './dapr.context.js';

export interface JobCall extends DaprCall {
  readonly jobName: string;
}

/** A job that is due. */
export class JobContext extends DaprContext<JobCall> {
  get jobName(): string {
    return this.call.jobName;
  }
}
