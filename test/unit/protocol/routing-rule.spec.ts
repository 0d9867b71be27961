import { describe, expect, it } from '@jest/globals';
import {
  compileRule,
  RoutingRuleError,
} from '../../../lib/protocol/routing-rule.js';
import { recordings } from '../../support/recordings.js';

const EVENT = {
  id: '1',
  source: 'shop',
  specversion: '1.0',
  type: 'order.created',
  subject: '',
  data: {
    total: 500,
    ratio: 1.5,
    big: 9007199254740993n,
    important: true,
    name: 'abc',
    nothing: null,
    tags: ['a', 'b'],
    numbers: [1, 2, 3],
    mixed: [1, 'a', null],
    nested: { a: { b: 1 } },
    date: '2024-01-15T14:30:45Z',
    constructor: 'Ferrari',
    'key-dash': 1,
  },
};

// Each of these was evaluated by cel-go 0.20 too, compiled as daprd compiles it.
describe('a routing rule', () => {
  it.each([
    'event.type == "order.created"',
    "event.type == 'order.created'",
    'event.data.total > 100',
    'event.data.total > 100.0',
    'event.data.total == 500',
    '500 == event.data.total',
    'event.data.total >= 500 && event.data.total <= 500',
    'event.data.big > 9007199254740991',
    'event.data.ratio * 2.0 == 3.0',
    'int(event.data.total) % 2 == 0',
    'event.data.important',
    'event.data.important == true',
    'event.data.nothing == null',
    'has(event.data.total)',
    'has(event.data.nothing)',
    '!has(event.data.missing)',
    '!has(event.data.name.x)',
    'event.data.missing == 1 || event.type == "order.created"',
    'event.type.startsWith("order")',
    'event.type.endsWith("created")',
    'event.type.contains("der.c")',
    String.raw`event.type.matches("^order\\.")`,
    String.raw`event.type.matches(r"\Aorder\.created\z")`,
    'event.type.matches("(?i)ORDER")',
    'event.type.matches("(?P<kind>order)")',
    'matches(event.type, "order")',
    '"a" in event.data.tags',
    '2 in event.data.numbers',
    '"total" in event.data',
    'event.type in ["order.created", "b"]',
    'event.data.total in [1, "a", 500]',
    'event.data.mixed == [1, "a", null]',
    'event.data.nested == {"a": {"b": 1}}',
    'event.data["key-dash"] == 1',
    'event["type"] == "order.created"',
    'event.data.constructor == "Ferrari"',
    'size(event.data.tags) == 2',
    'event.data.tags.size() == 2',
    'event.data.tags[0] == "a"',
    'event.data.tags.exists(t, t == "a")',
    'event.data.tags.all(t, t != "z")',
    'event.data.tags.exists_one(t, t == "a")',
    'event.data.numbers.filter(x, x > 1).size() == 2',
    'event.data.numbers.map(x, x * 2.0) == [2.0, 4.0, 6.0]',
    'event.data.important ? event.data.total > 100 : false',
    'type(event.data.total) == double',
    'string(event.data.total) == "500"',
    'timestamp(event.data.date).getFullYear() == 2024',
    'duration("1h") > duration("30m")',
    'true',
  ])('matches: %s', (rule) => {
    expect(compileRule(rule)(EVENT)).toBe(true);
  });

  it.each([
    'event.type == "other"',
    'event.data.total == "500"',
    'event.data.name == null',
    'has(event.data.missing)',
    'event.data.missing == 1 && event.type == "x"',
    'has(event.constructor)',
    'has(event.toString)',
    '"z" in event.data.tags',
    'event.data.tags == "a"',
  ])('does not match: %s', (rule) => {
    expect(compileRule(rule)(EVENT)).toBe(false);
  });

  it.each([
    'event.data.missing == 1',
    'event.data.missing == 1 && event.type == "order.created"',
    'has(event.data.nested.x.y)',
    'event.data.total > "100"',
    'event.data.total + 1 > 5',
    'event.data.total % 2 == 1',
    'event.data.tags[5] == "a"',
    'event.data.total.startsWith("5")',
    '"a" in event.data.name',
    'event.type.matches("[")',
    'foo == "x"',
    'foo.bar == 1',
    '1/0 > 1',
    'event.constructor == "x"',
  ])('fails where daprd fails: %s', (rule) => {
    const matches = compileRule(rule);
    expect(() => matches(EVENT)).toThrow(RoutingRuleError);
  });

  it.each(['event.data.total', 'event.type', '1', 'event'])(
    'must give a boolean: %s',
    (rule) => {
      const matches = compileRule(rule);
      expect(() => matches(EVENT)).toThrow(`the rule ${rule} gives no boolean`);
    },
  );

  it.each([
    'event.type ==',
    'event.type = "x"',
    'event.type === "x"',
    'event.type == "x" and true',
    '1 + 1.0 == 2.0',
    'if == 1',
    '',
    // Functions of other CEL libraries: daprd hangs on them.
    'event.type.lowerAscii() == "x"',
    'event.type.split(".")[0] == "order"',
    'cel.bind(x, event.type, x == "order.created")',
    'foo(event)',
    'event.foo()',
  ])('must compile: %j', (rule) => {
    expect(() => compileRule(rule)).toThrow(RoutingRuleError);
    expect(() => compileRule(rule)).toThrow('does not compile: ');
  });

  it('says nothing of the event when it fails', () => {
    const matches = compileRule('bool(event.data)');
    const evaluate = (): boolean => matches({ data: 'secret' });
    expect(evaluate).toThrow(
      /^the rule bool\(event\.data\) failed: bool conversion error$/,
    );
  });

  it('leaves the event as it is', () => {
    const event = {
      type: 'a',
      data: Object.freeze({ tags: Object.freeze([]) }),
    };
    compileRule('event.type == "a"')(Object.freeze(event));
    expect(event).toEqual({ type: 'a', data: { tags: [] } });
  });
});

describe('what a real daprd routed', () => {
  const rules = [
    { path: '/rt-widget', matches: compileRule('event.type == "widget"') },
    { path: '/rt-big', matches: compileRule('event.data.total > 100.0') },
  ];

  function route(event: Record<string, unknown>): string {
    try {
      const rule = rules.find(({ matches }) => matches(event));
      return rule?.path ?? '/rt-default';
    } catch {
      return '/rtd'; // The dead letter topic's route.
    }
  }

  it.each(recordings('topic-routing').map((r) => [r.name, r.request] as const))(
    'goes the same way: %s',
    (_, { url, body }) => {
      const event = JSON.parse(body!) as Record<string, unknown>;
      expect(route(event)).toBe(url.slice(0, url.lastIndexOf('/')));
    },
  );
});
