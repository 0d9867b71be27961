import type { DaprContext } from '../contexts/dapr.context.js';
import type { TopicEventStatus } from '../protocol/topic-status.js';

/** The part of the app that Dapr calls. */
export interface ServerOptions {
  /**
   * The token that daprd sends in `dapr-api-token`. With it, every route of Dapr's but the health probe demands it;
   * without it, only loopback peers and `trustedPeers` may call. Environment: `APP_API_TOKEN`.
   * @see https://docs.dapr.io/operations/security/app-api-token/
   */
  readonly appToken?: string | undefined;
  /** CIDRs of peers that may call without a token, such as `10.0.0.0/8`. Default: loopback only. */
  readonly trustedPeers?: readonly string[] | undefined;
  /** Longest body that is read, in bytes; a longer one gets 413. Default 4 MiB, as daprd's. */
  readonly bodyLimit?: number | undefined;
  /** Milliseconds between the health probe failing and new deliveries being refused, at shutdown. Default 0. */
  readonly drainDelay?: number | undefined;
  /**
   * Let global guards, pipes, interceptors and filters reach Dapr's handlers and actors. Default false, as in Nest's
   * hybrid applications.
   * @see https://docs.nestjs.com/faq/hybrid-application#sharing-configuration
   */
  readonly inheritAppConfig?: boolean | undefined;
  /** Decides what a handler's error means; undefined leaves it to the default. */
  readonly outcome?:
    | ((error: unknown, context: DaprContext) => TopicEventStatus | undefined)
    | undefined;
  /** Serve Dapr's callbacks on a port of their own. Environment of a standalone microservice: `APP_PORT`. */
  readonly port?: number | undefined;
}
