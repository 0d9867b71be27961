import { isDeepStrictEqual } from 'node:util';
import type { Subscription } from './subscriptions.js';
import { describeTopic, SUBSCRIPTION_PREFIX } from './topic-routes.js';

/** What the sidecar's metadata says of the app, as far as it is compared. */
export interface SidecarView {
  readonly subscriptions: readonly KnownSubscription[];
  readonly actorTypes: readonly string[];
}

interface KnownSubscription {
  readonly pubsubname: string;
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly rules: readonly { readonly path?: string }[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** In words, what the sidecar has got wrong about the app. daprd asks once, when it starts. */
export function differencesFromSidecar(
  subscriptions: readonly Subscription[],
  actorTypes: readonly string[],
  view: SidecarView,
): string[] {
  const own = subscriptions.flatMap((subscription) => {
    const { pubsubName, topic } = subscription;
    const known = view.subscriptions.find(
      (each) => each.pubsubname === pubsubName && each.topic === topic,
    );
    if (!known) return [`does not know of ${describeTopic(subscription)}`];
    return isCurrent(subscription, known)
      ? []
      : [`knows ${describeTopic(subscription)} otherwise`];
  });
  const stale = view.subscriptions
    .filter(
      (known) =>
        isOfHandlers(known) &&
        !subscriptions.some(
          ({ pubsubName, topic }) =>
            pubsubName === known.pubsubname && topic === known.topic,
        ),
    )
    .map(
      ({ pubsubname, topic }) =>
        `still delivers ${describeTopic({ pubsubName: pubsubname, topic })}`,
    );
  return [
    ...own,
    ...stale,
    ...without(actorTypes, view.actorTypes).map(
      (type) => `does not know of actor type "${type}"`,
    ),
    ...without(view.actorTypes, actorTypes).map(
      (type) => `still calls actor type "${type}"`,
    ),
  ];
}

function isCurrent(
  { entry, deadLetterTopic = '', routes }: Subscription,
  known: KnownSubscription,
): boolean {
  return (
    deadLetterTopic === known.deadLetterTopic &&
    isDeepStrictEqual(
      routes.map(({ path }) => path),
      known.rules.map(({ path }) => path),
    ) &&
    isDeepStrictEqual({ ...entry.metadata }, { ...known.metadata })
  );
}

// Others may be declared in YAML for routes of the app's own controllers.
function isOfHandlers({ rules }: KnownSubscription): boolean {
  return rules.some(({ path }) => path?.startsWith(SUBSCRIPTION_PREFIX));
}

function without(
  some: readonly string[],
  others: readonly string[],
): readonly string[] {
  return some.filter((each) => !others.includes(each));
}
