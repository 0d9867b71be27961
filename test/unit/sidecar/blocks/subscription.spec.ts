import { describe, expect, it } from '@jest/globals';
import type { SubscriptionEntry } from '../../../../lib/protocol/subscription.js';
import { readSubscribeAnswer } from '../../../../lib/sidecar/app/subscribe-answer.js';
import {
  compileSubscription,
  isRawPayload,
  mergeSubscriptions,
  type Subscription,
} from '../../../../lib/sidecar/blocks/subscription.js';

const compile = (
  entry: Partial<SubscriptionEntry>,
  type: Subscription['type'] = 'PROGRAMMATIC',
): Subscription =>
  compileSubscription({ pubsubname: 'p', topic: 't', ...entry }, type);

const routesOf = ({ routes }: Subscription): string[] =>
  routes.map(({ match, path }) => `${match}->${path}`);

describe('a subscription', () => {
  it('has its rules in order, then its default, then its route', () => {
    const rules = [
      { match: ' event.type == "a" ', path: 'a' },
      { match: '', path: '/b' },
    ];
    expect(
      routesOf(compile({ routes: { rules, default: 'c' }, route: '/d' })),
    ).toEqual(['event.type == "a"->/a', '->/b', '->/c']);
    expect(routesOf(compile({ routes: { rules: [] }, route: 'd' }))).toEqual([
      '->/d',
    ]);
    expect(routesOf(compile({}))).toEqual([]);
  });

  it('of the application replaces one of a file; of files the first counts', () => {
    const own = compile({ route: '/own' });
    const files = [
      compile({ route: '/file' }, 'DECLARATIVE'),
      compile({ topic: 'u', route: '/first' }, 'DECLARATIVE'),
      compile({ topic: 'u', route: '/second' }, 'DECLARATIVE'),
    ];
    expect(mergeSubscriptions([own], files).flatMap(routesOf)).toEqual([
      '->/own',
      '->/first',
    ]);
  });

  it.each([
    ['true', true],
    ['True', true],
    ['1', true],
    ['t', true],
    ['false', false],
    ['', false],
    ['0', false],
  ])('takes rawPayload %j for %s', (rawPayload, isRaw) => {
    expect(isRawPayload({ rawPayload })).toBe(isRaw);
  });

  it('refuses a rawPayload that is no boolean, in the words of daprd', () => {
    expect(isRawPayload({})).toBe(false);
    expect(() => isRawPayload({ rawPayload: 'maybe' })).toThrow(
      "rawPayload value must be a valid boolean: actual is 'maybe'",
    );
  });
});

describe('the answer to GET /dapr/subscribe', () => {
  const read = (text: string) => readSubscribeAnswer(Buffer.from(text));

  it('may be empty or null', () => {
    expect([read(''), read('  '), read('null'), read('[]')]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });

  it('is read without regard to the case of its names', () => {
    const [entry] = read(
      '[{"pubsubName":"p","TOPIC":"t","deadlettertopic":"d","Metadata":{"rawPayload":"true"},"routes":{"Rules":[{"Match":"m","Path":"/a"}],"default":"/b"},"bulkSubscribe":{"enabled":true,"maxMessagesCount":5},"unknown":1}]',
    );
    expect(entry).toEqual({
      pubsubname: 'p',
      topic: 't',
      deadLetterTopic: 'd',
      route: '',
      metadata: { rawPayload: 'true' },
      routes: { rules: [{ match: 'm', path: '/a' }], default: '/b' },
      bulkSubscribe: {
        enabled: true,
        maxMessagesCount: 5,
        maxAwaitDurationMs: 0,
      },
    });
  });

  it.each([
    ['{"data":[]}', 'cannot unmarshal object'],
    ['[1]', 'cannot unmarshal number'],
    ['[{"topic":1}]', 'cannot unmarshal number'],
    ['[{"metadata":{"a":1}}]', 'cannot unmarshal number'],
    ['[{"routes":[]}]', 'cannot unmarshal array'],
    ['[{"bulkSubscribe":{"maxMessagesCount":"5"}}]', 'cannot unmarshal string'],
    ['[{', 'unexpected EOF'],
  ])('can not be %s', (text, words) => {
    expect(() => read(text)).toThrow(words);
  });
});
