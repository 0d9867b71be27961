import {
  namesAddress,
  resolveClientOptions,
  type DaprClientOptions,
  type ResolvedClientOptions,
} from './client/options.js';
import { given } from './protocol/given.js';

/**
 * What a further client is made of: where it names no address, it is one of the main client's sidecar. The main client's
 * token goes to that sidecar only, so that no other host learns of it.
 * @throws DaprConfigurationError for options that can't be meant
 */
export function furtherClientOptions(
  own: DaprClientOptions,
  main: ResolvedClientOptions,
  env: NodeJS.ProcessEnv,
): DaprClientOptions {
  const { httpEndpoint, grpcEndpoint } = main;
  const options = namesAddress(own)
    ? own
    : { ...given(own), httpEndpoint, grpcEndpoint };
  const address = resolveClientOptions(options, env);
  const isMain =
    address.httpEndpoint === httpEndpoint &&
    address.grpcEndpoint === grpcEndpoint;
  return {
    ...options,
    apiToken:
      own.apiToken ??
      own.daprApiToken ??
      // Undefined would be the environment's.
      (isMain && main.apiToken ? main.apiToken : ''),
  };
}
