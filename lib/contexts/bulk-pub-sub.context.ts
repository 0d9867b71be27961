import { DaprContext, type DaprCall } from './dapr.context.js';

export interface BulkPubSubCall extends DaprCall {
  readonly pubsubName: string;
  readonly topic: string;
}

/** A batch delivered to a `@BulkSubscribe` handler; each of its entries has an event of its own. */
export class BulkPubSubContext extends DaprContext<BulkPubSubCall> {
  /** Name of the pub/sub component. */
  get pubsubName(): string {
    return this.call.pubsubName;
  }

  /** The topic subscribed to. */
  get topic(): string {
    return this.call.topic;
  }
}
