import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call } from './wire.js';

const RULES: readonly [string, string][] = [
  ['event.type == "widget"', '/type'],
  ['event.type == "probe" && has(event.data.x)', '/has'],
  [
    'event.type == "probe" && event.source.startsWith("rou") && event.subject == "s"',
    '/source',
  ],
  ['event.type == "number" && event.data.total > 100', '/big'],
  ['event.type == "number" && event.data.total == 5.0', '/five'],
  ['event.type == "number" && event.data.total in [7, 8]', '/in'],
  ['event.type == "list" && size(event.data.items) == 2', '/size'],
  ['event.type == "list" && "b" in event.data.items', '/member'],
  [
    'event.type == "list" && event.data.items.exists(i, i.matches("^c.*d$"))',
    '/matches',
  ],
  ['event.type == "flag" && (event.data.on ? true : false)', '/on'],
  ['event.type == "flag" && !event.data.on', '/off'],
  ['event.type == "ext" && event.custom == "yes"', '/ext'],
];

/** Routes, and the paths that they are called by. */
const ESCAPED: Readonly<Record<string, string>> = {
  '/für alle': '/f%C3%BCr%20alle',
  '/🎁/a%20b': '/%F0%9F%8E%81/a%20b',
  '/half \ud83c': '/half%20%EF%BF%BD',
};

describe('routing', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    const rules = RULES.map(([match, path]) => ({ match, path }));
    const total = [{ match: 'event.data.total > 100', path: '/total' }];
    const word = [{ match: 'event.type', path: '/word' }];
    app.on('GET /dapr/subscribe', {
      body: [
        {
          pubsubname: 'pubsub',
          topic: 'rules',
          routes: { rules, default: '/default' },
        },
        {
          pubsubname: 'pubsub',
          topic: 'kept',
          deadLetterTopic: 'dead',
          routes: { rules: total },
        },
        { pubsubname: 'pubsub', topic: 'lost', routes: { rules: total } },
        {
          pubsubname: 'pubsub',
          topic: 'word',
          deadLetterTopic: 'dead',
          routes: { rules: word },
        },
        { pubsubname: 'pubsub', topic: 'bare', route: 'no-slash' },
        { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
        ...Object.keys(ESCAPED).map((route, index) => ({
          pubsubname: 'pubsub',
          topic: `escaped-${index}`,
          route,
        })),
      ],
    });
    const paths = RULES.map(([, path]) => path);
    for (const path of [
      ...paths,
      '/default',
      '/total',
      '/word',
      '/dead',
      '/no-slash',
      ...Object.values(ESCAPED),
    ])
      app.on(`POST ${path}`, {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'routing',
      app,
      resources: component('pubsub.in-memory', 'pubsub'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  const publish = async (
    topic: string,
    event: Record<string, unknown>,
  ): Promise<void> => {
    const answer = await call(
      sidecar,
      'POST',
      `/v1.0/publish/pubsub/${topic}`,
      { id: '1', source: 'routing', ...event },
      { 'content-type': 'application/cloudevents+json' },
    );
    expect(answer.status).toBe(204);
  };

  it.each<[string, string, Record<string, unknown>]>([
    ['the type of the event', '/type', { type: 'widget', data: {} }],
    ['a member that is there', '/has', { type: 'probe', data: { x: null } }],
    [
      'several attributes',
      '/source',
      { type: 'probe', subject: 's', data: {} },
    ],
    [
      'a number against an integer',
      '/big',
      { type: 'number', data: { total: 100.5 } },
    ],
    [
      'a number against a double',
      '/five',
      { type: 'number', data: { total: 5 } },
    ],
    ['a number in a list', '/in', { type: 'number', data: { total: 7 } }],
    [
      'the size of a list',
      '/size',
      { type: 'list', data: { items: ['x', 'y'] } },
    ],
    [
      'a member of a list',
      '/member',
      { type: 'list', data: { items: ['a', 'b', 'c'] } },
    ],
    [
      'a regular expression',
      '/matches',
      { type: 'list', data: { items: ['x', 'y', 'c-d'] } },
    ],
    ['a boolean by a condition', '/on', { type: 'flag', data: { on: true } }],
    ['a negated boolean', '/off', { type: 'flag', data: { on: false } }],
    [
      'an extension of the event',
      '/ext',
      { type: 'ext', custom: 'yes', data: {} },
    ],
  ])('finds the route by %s', async (_what, path, event) => {
    await publish('rules', event);
    const delivery = await app.next(`POST ${path}`);
    expect(delivery.json).toMatchObject(event);
  });

  it('takes the first rule that matches', async () => {
    await publish('rules', { type: 'list', data: { items: ['b', 'c-d'] } });
    const delivery = await app.next('POST /size');
    expect(delivery.json).toMatchObject({ data: { items: ['b', 'c-d'] } });
  });

  it('takes the default when no rule matches', async () => {
    await publish('rules', { type: 'other', data: {} });
    await app.next('POST /default');
  });

  it('sends an event that no rule matches to the dead letter topic', async () => {
    await publish('kept', { id: 'small', data: { total: 1 } });
    const dead = await app.next('POST /dead');
    expect(dead.json).toMatchObject({ id: 'small', topic: 'kept' });
  });

  it('sends an event without the member that a rule reads to the dead letter topic', async () => {
    await publish('kept', { id: 'missing', data: {} });
    const dead = await app.next('POST /dead');
    expect(dead.json).toMatchObject({ id: 'missing' });
  });

  it('sends an event whose data is text, where a rule reads a member of it, to the dead letter topic', async () => {
    await publish('kept', { id: 'text', data: 'hi' });
    const dead = await app.next('POST /dead');
    expect(dead.json).toMatchObject({ id: 'text' });
  });

  it('sends an event for which a rule gives no boolean to the dead letter topic', async () => {
    await publish('word', { id: 'word', type: 'text', data: {} });
    const dead = await app.next('POST /dead');
    expect(dead.json).toMatchObject({ id: 'word' });
    expect(app.received('POST /word')).toEqual([]);
  });

  it('loses an event that no rule matches where there is no dead letter topic', async () => {
    await publish('lost', { id: 'small', data: { total: 1 } });
    await publish('lost', { id: 'missing', data: {} });
    await publish('lost', { id: 'large', data: { total: 101 } });
    const delivery = await app.next('POST /total');
    expect(delivery.json).toMatchObject({ id: 'large' });
  });

  it('gives a path the slash that it lacks', async () => {
    await publish('bare', { data: 1 });
    await app.next('POST /no-slash');
  });

  it.each(Object.entries(ESCAPED))(
    'escapes of the route %j what a request can’t hold',
    async (route, path) => {
      const index = Object.keys(ESCAPED).indexOf(route);
      await publish(`escaped-${index}`, { data: 1 });
      await app.next(`POST ${path}`);
    },
  );
});
