import type { ConfigurationItem as WireItem } from '../../protocol/proto/generated/common.js';
import type { SubscribeConfigurationResponse } from '../../protocol/proto/generated/configuration.js';
import type { Activity } from '../activity.js';
import type { ConfigurationItem } from '../blocks/configuration-store.js';
import type {
  ConfigurationRequest,
  Configurations,
} from '../blocks/configuration.js';
import type { GrpcCall, GrpcMethods } from './api.js';
import { orRefused } from './refused.js';

/** @see https://docs.dapr.io/reference/api/configuration_api/ */
export function configurationMethods(
  configurations: Configurations,
  activity: Activity,
): GrpcMethods {
  const get = (request: ConfigurationRequest, { appId }: GrpcCall) => {
    const items = orRefused(() => configurations.get(appId, request), true);
    return {
      items: Object.fromEntries(
        [...items].map(([key, item]) => [key, wireItem(item)]),
      ),
    };
  };
  const subscribe = (request: ConfigurationRequest, call: GrpcCall) =>
    changesOf(configurations, activity, request, call);
  const unsubscribe = ({ storeName, id }: Subscription) => {
    const ok = configurations.unsubscribe(storeName, id);
    const message = `failed to unsubscribe to configuration request ${id}: subscription does not exist`;
    return { ok, message: ok ? '' : message };
  };
  return {
    getConfiguration: get,
    getConfigurationAlpha1: get,
    subscribeConfiguration: subscribe,
    subscribeConfigurationAlpha1: subscribe,
    unsubscribeConfiguration: unsubscribe,
    unsubscribeConfigurationAlpha1: unsubscribe,
  };
}

interface Subscription {
  readonly storeName: string;
  readonly id: string;
}

/** First the subscription's id alone, then one message for each change, until either side ends it. */
async function* changesOf(
  configurations: Configurations,
  activity: Activity,
  request: ConfigurationRequest,
  { appId, signal }: GrpcCall,
): AsyncIterable<SubscribeConfigurationResponse> {
  const changes: [key: string, item: ConfigurationItem | undefined][] = [];
  let isOver = false;
  let wake = (): void => undefined;
  const id = orRefused(
    () =>
      configurations.subscribe(appId, request, {
        changed(key, item) {
          changes.push([key, item]);
          wake();
        },
        ended() {
          isOver = true;
          wake();
        },
      }),
    true,
  );
  const end = (): void =>
    void configurations.unsubscribe(request.storeName, id);
  signal.addEventListener('abort', end, { once: true });
  try {
    yield { id, items: {} };
    while (!isOver) {
      const change = changes.shift();
      if (change) yield { id, items: { [change[0]]: wireItem(change[1]) } };
      // Waiting for a change that may never come is no work.
      else
        await activity.rest(
          () => new Promise<void>((resolve) => (wake = resolve)),
        );
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

function wireItem(item: ConfigurationItem | undefined): WireItem {
  const { value = '', version = '' } = item ?? {};
  return { value, version, metadata: {} };
}
