import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { Component } from './component.js';
import { hasSeveralValues } from './secret-store.js';

const STATE_CAPABILITIES = [
  'ETAG',
  'TRANSACTIONAL',
  'TTL',
  'DELETE_WITH_PREFIX',
  'KEYS_LIKE',
  'ACTOR',
] as const;

/** What is built in, with the capabilities that the metadata API tells. */
const BUILT_IN: ReadonlyMap<string, readonly string[]> = new Map<
  string,
  readonly string[]
>([
  ['pubsub.in-memory', ['SUBSCRIBE_WILDCARDS']],
  ['state.in-memory', STATE_CAPABILITIES],
  ['secretstores.local.file', []],
  ['secretstores.local.env', []],
  ['configuration.in-memory', []],
  ['lock.in-memory', []],
  ['conversation.echo', []],
  ['bindings.cron', ['INPUT_BINDING']],
  ['crypto.dapr.jwks', []],
  ['crypto.dapr.localstorage', []],
  ['bindings.http', ['OUTPUT_BINDING']],
  ['bindings.localstorage', ['OUTPUT_BINDING']],
]);

export function isBuiltIn(component: Component): boolean {
  return BUILT_IN.has(component.type);
}

/** Brokers and stores stand in for each other; nothing else does. */
export function isSubstitutable(component: Component): boolean {
  return /^(?:pubsub|state|configuration|lock)\../.test(component.type);
}

export function capabilitiesOf(component: Component): readonly string[] {
  if (hasSeveralValues(component)) return ['MULTIPLE_KEY_VALUES_PER_SECRET'];
  const builtIn = BUILT_IN.get(component.type);
  if (builtIn) return builtIn;
  return component.type.startsWith('state.') ? STATE_CAPABILITIES : [];
}

/** Why this component can't be had here, and what to do. */
export function refusal(
  component: Component,
  substitute: boolean,
): DaprConfigurationError {
  const what = `${component.file}: Component "${component.name}" is of type ${component.type}`;
  const instead = `run the application on Dapr itself (dapr run), or keep the component from it with "scopes" or in another folder`;
  return new DaprConfigurationError(
    !substitute && isSubstitutable(component)
      ? `${what}, and substitutes in memory are switched off (substitute: false). Switch them on, or ${instead}.`
      : `${what}, which the embedded sidecar does not have. It has ${[...BUILT_IN.keys()].join(', ')}, and serves other pubsub.*, state.*, configuration.* and lock.* types from memory. For this one ${instead}.`,
  );
}
