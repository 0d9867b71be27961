import type { HeaderBag } from '../protocol/headers.js';
import { DaprContext, type DaprCall } from './dapr.context.js';

export interface BindingCall extends DaprCall {
  readonly bindingName: string;
}

/** An event of an input binding. */
export class BindingContext extends DaprContext<BindingCall> {
  /** Name of the binding component. */
  get bindingName(): string {
    return this.call.bindingName;
  }

  /** What the component says of the event. Dapr sends it as plain headers, so it is the headers. */
  get metadata(): HeaderBag {
    return this.call.headers;
  }
}
