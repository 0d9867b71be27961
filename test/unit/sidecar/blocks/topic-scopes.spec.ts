import { describe, expect, it } from '@jest/globals';
import { isTopicAllowed } from '../../../../lib/sidecar/blocks/topic-scopes.js';

const mayPublish = (
  metadata: Record<string, string>,
  appId: string,
  topic: string,
): boolean => isTopicAllowed(metadata, 'publishingScopes', appId, topic);

describe('scopes of topics', () => {
  it('are none without metadata', () => {
    expect(mayPublish({}, 'shop', 'orders')).toBe(true);
  });

  it('limit the applications that are named, to the topics that are named', () => {
    const metadata = { publishingScopes: 'shop=orders, refunds;mail=;' };
    expect(mayPublish(metadata, 'shop', 'orders')).toBe(true);
    expect(mayPublish(metadata, 'shop', 'refunds')).toBe(true);
    expect(mayPublish(metadata, 'shop', 'secrets')).toBe(false);
    expect(mayPublish(metadata, 'mail', 'orders')).toBe(false);
    expect(mayPublish(metadata, 'other', 'secrets')).toBe(true);
  });

  it('of publishing say nothing of subscribing', () => {
    const metadata = { publishingScopes: 'shop=orders' };
    const scope = 'subscriptionScopes';
    expect(isTopicAllowed(metadata, scope, 'shop', 'x')).toBe(true);
    expect(
      isTopicAllowed({ SubscriptionScopes: 'shop=orders' }, scope, 'shop', 'x'),
    ).toBe(false);
  });

  it('let no topic exist but the allowed ones', () => {
    const metadata = { allowedTopics: 'a,b', publishingScopes: 'shop=b,c' };
    expect(mayPublish(metadata, 'other', 'a')).toBe(true);
    expect(mayPublish(metadata, 'other', 'z')).toBe(false);
    expect(mayPublish(metadata, 'shop', 'b')).toBe(true);
    expect(mayPublish(metadata, 'shop', 'c')).toBe(false);
  });

  it('open a protected topic only to applications that are named for it', () => {
    const metadata = {
      protectedTopics: 'vault',
      publishingScopes: 'bank=vault',
    };
    expect(mayPublish(metadata, 'shop', 'vault')).toBe(false);
    expect(mayPublish(metadata, 'bank', 'vault')).toBe(true);
    expect(mayPublish(metadata, 'shop', 'orders')).toBe(true);
  });
});
