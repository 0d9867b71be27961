import type { CloudEvent } from '../protocol/cloud-event.js';
import { DaprContext, type DaprCall } from './dapr.context.js';

export interface PubSubCall extends DaprCall {
  readonly pubsubName: string;
  readonly topic: string;
  readonly event: CloudEvent;
}

/** A message delivered to a `@Subscribe` handler. */
export class PubSubContext extends DaprContext<PubSubCall> {
  /** Name of the pub/sub component. */
  get pubsubName(): string {
    return this.call.pubsubName;
  }

  /** The topic subscribed to. A dead-lettered event's own `topic` is the one it was published to. */
  get topic(): string {
    return this.call.topic;
  }

  /** The CloudEvent around the payload. */
  get event(): CloudEvent {
    return this.call.event;
  }

  /** The event's id, the same on every redelivery: what to remember in order to count a message once. */
  get id(): string {
    return this.event.id;
  }

  // Dapr sends the one of a message in the event only, and '' where there is none.
  override get tracestate(): string | undefined {
    return this.event.tracestate || super.tracestate;
  }
}
