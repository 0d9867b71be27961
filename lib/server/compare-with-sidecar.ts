import type { Subscription } from './subscriptions.js';

/** What the sidecar's metadata says of the app, as far as it is compared. */
export interface SidecarView {
  readonly subscriptions: readonly {
    readonly pubsubname: string;
    readonly topic: string;
  }[];
  readonly actorTypes: readonly string[];
}

/** In words, what the sidecar does not know of the app. daprd asks for both once, when it starts. */
export function missingInSidecar(
  subscriptions: readonly Subscription[],
  actorTypes: readonly string[],
  view: SidecarView,
): string[] {
  const topics = subscriptions
    .filter(
      ({ pubsubName, topic }) =>
        !view.subscriptions.some(
          (known) => known.pubsubname === pubsubName && known.topic === topic,
        ),
    )
    .map(({ pubsubName, topic }) => `topic "${topic}" of "${pubsubName}"`);
  const types = actorTypes
    .filter((type) => !view.actorTypes.includes(type))
    .map((type) => `actor type "${type}"`);
  return [...topics, ...types];
}
