import type { Clock } from '../protocol/clock.js';
import { Engine } from './engine.js';
import { loadResources } from './resources.js';

/** Settings of the embedded sidecar that hold for all applications in it. */
export interface EmbeddedOptions {
  /** Folders with component, subscription, resiliency and configuration YAML. Without any: `pubsub` and `statestore`. */
  readonly resources?: string | readonly string[] | undefined;
  /** Serve brokers and stores that are not built in from memory, under their own names; default true. */
  readonly substitute?: boolean | undefined;
  /** Default: the machine's own time. */
  readonly clock?: Clock | undefined;
  /** Demanded of callers in `dapr-api-token`, as with DAPR_API_TOKEN. */
  readonly apiToken?: string | undefined;
  /** Sent to the applications in `dapr-api-token`, as with APP_API_TOKEN. */
  readonly appToken?: string | undefined;
  /** Lines for the user; they hold no payload, token or header value. */
  readonly log?: ((line: string) => void) | undefined;
  /** The same for what went wrong. Default: `log`. */
  readonly warn?: ((line: string) => void) | undefined;
}

/**
 * Starts a small Dapr in this process, in memory.
 * @throws DaprConfigurationError when the resources are wrong; the message names file, resource and remedy
 */
export async function startEngine(
  options: EmbeddedOptions = {},
): Promise<Engine> {
  const { resources: folders, substitute = true, ...rest } = options;
  const { log = () => undefined } = options;
  const resources = await loadResources({
    folders: typeof folders === 'string' ? [folders] : folders,
    substitute,
    log,
  });
  for (const { name, circuitBreakers } of resources.resiliencies)
    if (circuitBreakers.length > 0)
      log(
        `Resiliency "${name}": the embedded sidecar applies no circuit breakers; timeouts and retries it does.`,
      );
  return new Engine({ ...rest, resources, warn: options.warn ?? log });
}
