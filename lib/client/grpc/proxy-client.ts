import {
  credentials,
  status,
  type CallInvocationTransformer,
  type CallProperties,
  type ChannelInterface,
  type ChannelOptions,
  type Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import { Headers } from '../../protocol/headers.js';
import type { GrpcClientClass, ProxyOptions } from '../proxy.js';
import { Dial } from './dial.js';
import { setWhatCanBe } from './headers.js';
import type { Cancellable, Link } from './link.js';

type AnyCall = CallProperties<unknown, unknown>;
type Call = ReturnType<ChannelInterface['createCall']>;

/** A client of another service, on a connection of its own. */
export function makeProxy<T>(
  link: Link,
  clientClass: GrpcClientClass<T>,
  { appId, callInvocationTransformer, ...options }: ProxyOptions,
): T {
  const channel = new ProxyChannel(link, options as ChannelOptions);
  const theirs = callInvocationTransformer as
    CallInvocationTransformer | undefined;
  const prepared = (call: AnyCall): AnyCall => {
    const { metadata, ...rest } = theirs ? theirs(call) : call;
    channel.begin(rest.call);
    return { ...rest, metadata: stamped(metadata, link, appId) };
  };
  // What interceptors add gets lost where a call has interceptors of its own.
  return new clientClass(
    channel.getTarget(),
    credentials.createInsecure() as never,
    {
      ...options,
      channelOverride: channel,
      callInvocationTransformer: prepared,
    } as never,
  );
}

/** The caller's own values come first, but for the token: one that is handed on is that of the app. */
function stamped(
  given: Metadata,
  { options: { headers, scopeHeaders } }: Link,
  appId: string | undefined,
): Metadata {
  const metadata = given.clone();
  metadata.remove(Headers.apiToken);
  const own: Record<string, string> = {
    ...headers,
    ...scopeHeaders?.('other'),
    ...(appId !== undefined && { [Headers.appId]: appId }),
  };
  for (const name of Object.keys(own))
    if (metadata.get(name).length > 0) delete own[name];
  setWhatCanBe(metadata, own);
  return metadata;
}

/**
 * A sidecar may see a deadline pass before grpc-js does, and then resets the stream, which grpc-js reports as a call that
 * its caller has given up.
 */
function toldOfDeadline(call: Call, deadline: number): Call {
  if (!Number.isFinite(deadline)) return call;
  const start = call.start.bind(call);
  call.start = (metadata, listener) =>
    start(metadata, {
      onReceiveMetadata: (received) => listener.onReceiveMetadata(received),
      onReceiveMessage: (message: unknown) =>
        listener.onReceiveMessage(message),
      onReceiveStatus: (end) =>
        listener.onReceiveStatus(
          isReset(end) && Date.now() >= deadline - CLOCK_STEP
            ? { ...end, code: status.DEADLINE_EXCEEDED, details: LATE }
            : end,
        ),
    });
  return call;
}

// Date.now() and the timeouts that grpc-js tells are in whole milliseconds.
const CLOCK_STEP = 2;
const LATE = 'Deadline exceeded';

function isReset({ code, details }: StatusObject): boolean {
  return code === status.CANCELLED && details === 'Call cancelled';
}

/** A channel to the sidecar, whose address may be known only when the first call is made. The link, which has the token, is private to the language, so that printing a client shows none. */
class ProxyChannel implements ChannelInterface, Cancellable {
  readonly #calls = new Set<AnyCall['call']>();
  readonly #link: Link;
  readonly #dial: Dial;

  constructor(link: Link, options: ChannelOptions) {
    this.#link = link;
    this.#dial = new Dial(link.options.address, options);
    link.calls.add(this);
  }

  /** @throws what the address function throws */
  begin(call: AnyCall['call']): void {
    this.#dial.client();
    this.#calls.add(call);
    call.once('status', () => this.#calls.delete(call));
  }

  /** The client that it belongs to, and all its calls, end. */
  stop(): void {
    for (const call of this.#calls) call.cancel();
    this.close();
  }

  close(): void {
    this.#link.calls.delete(this);
    this.#dial.close();
  }

  getTarget(): string {
    return this.#dial.description;
  }

  getConnectivityState(
    ...parts: Parameters<ChannelInterface['getConnectivityState']>
  ): ReturnType<ChannelInterface['getConnectivityState']> {
    return this.#channel().getConnectivityState(...parts);
  }

  watchConnectivityState(
    ...parts: Parameters<ChannelInterface['watchConnectivityState']>
  ): void {
    this.#channel().watchConnectivityState(...parts);
  }

  getChannelzRef(): ReturnType<ChannelInterface['getChannelzRef']> {
    return this.#channel().getChannelzRef();
  }

  createCall(...parts: Parameters<ChannelInterface['createCall']>): Call {
    const call = this.#channel().createCall(...parts);
    return toldOfDeadline(call, Number(parts[1]));
  }

  #channel(): ChannelInterface {
    return this.#dial.client().getChannel();
  }
}
