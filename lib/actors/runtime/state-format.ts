import {
  stateEnvelope,
  versionedState,
} from '../../protocol/actor-envelope.js';
import { toJson } from '../../protocol/payload.js';
import type { ActorStateOptions } from '../actor-state.options.js';

/** What stands in the store for the values of one actor type. */
export interface StateFormat {
  /** The keys are kept beside the values. */
  readonly keepsKeys: boolean;
  /** @throws PayloadError for a value that JSON can't carry */
  textOf(key: string, value: unknown): string;
  /** Of what this code has stored, an older one, or another SDK. */
  valueOf(key: string, text: string): unknown;
}

export function stateFormat(
  actorType: string,
  options: ActorStateOptions = {},
): StateFormat {
  const { keys = false, serializer, version = 0, upcast } = options;
  const { readableBy = version } = options;
  const jsonOf = serializer
    ? (key: string, value: unknown) => toJson(serializer.encode(value, key))
    : (_key: string, value: unknown) => toJson(value);
  return {
    keepsKeys: keys,
    textOf:
      version === 0
        ? jsonOf
        : (key, value) =>
            stateEnvelope(version, readableBy, jsonOf(key, value)),
    valueOf(key, text) {
      const json: unknown = JSON.parse(text);
      const envelope = versionedState(json);
      const from = envelope?.version ?? 0;
      if (envelope && from > version && envelope.readableBy > version)
        throw new Error(tooNew(actorType, key, from, version));
      let value = envelope ? envelope.value : json;
      if (upcast && from < version) value = upcast(value, from, key);
      return serializer ? serializer.decode(value, key) : value;
    },
  };
}

function tooNew(
  actorType: string,
  key: string,
  stored: number,
  own: number,
): string {
  return (
    `The state "${key}" of an actor ${actorType} was stored in version ${stored} of its shape, and this code knows ` +
    `${own === 0 ? 'none' : `version ${own}`}. Newer code has run: bring this replica up to it; or let the newer ` +
    'code say in "readableBy" of @ActorType that older code can work with what it stores.'
  );
}
