import type { DaprDefinition } from './generated/dapr.js';

type Methods = (typeof DaprDefinition)['methods'];

type Message<TCodec> = TCodec extends {
  decode(input: Uint8Array): infer TMessage;
}
  ? TMessage
  : never;

type OfKind<TRequestStream extends boolean, TResponseStream extends boolean> = {
  [K in keyof Methods]: Methods[K] extends {
    requestStream: TRequestStream;
    responseStream: TResponseStream;
  }
    ? K
    : never;
}[keyof Methods];

/** A method of the service `Dapr`, as generated code names it: `getState`. */
export type DaprMethod = keyof Methods;
export type UnaryMethod = OfKind<false, false>;
export type ServerStreamMethod = OfKind<false, true>;
export type DuplexMethod = OfKind<true, true>;

export type RequestOf<K extends DaprMethod> = Message<
  Methods[K]['requestType']
>;
export type ResponseOf<K extends DaprMethod> = Message<
  Methods[K]['responseType']
>;
