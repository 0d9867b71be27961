import { metadataValue } from '../resources/component.js';

type Metadata = Readonly<Record<string, string>>;

/**
 * Whether the component's metadata lets the application publish to, or subscribe to, the topic.
 * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-scopes/
 */
export function isTopicAllowed(
  metadata: Metadata,
  scope: 'publishingScopes' | 'subscriptionScopes',
  appId: string,
  topic: string,
): boolean {
  const allowed = topicsIn(metadataValue(metadata, 'allowedTopics'));
  if (allowed.length > 0 && !allowed.includes(topic)) return false;
  const scoped = scopedTopics(metadataValue(metadata, scope), appId);
  if (scoped) return scoped.includes(topic);
  const isProtected = topicsIn(
    metadataValue(metadata, 'protectedTopics'),
  ).includes(topic);
  return !isProtected;
}

function topicsIn(text: string | undefined): string[] {
  return text ? text.replaceAll(' ', '').split(',') : [];
}

/** `app1=t1,t2;app2=`: what an application is limited to; undefined when it is not named. */
function scopedTopics(
  text: string | undefined,
  appId: string,
): string[] | undefined {
  const own = (text ?? '')
    .replaceAll(' ', '')
    .split(';')
    .map((part) => part.split('='))
    .filter(([app, topics]) => app === appId && topics !== undefined);
  return own.length === 0
    ? undefined
    : own.flatMap(([, topics]) => topics?.split(',') ?? []);
}
