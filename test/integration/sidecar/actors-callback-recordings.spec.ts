import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Received } from '../../conformance/recording-app.js';
import { ActorBench, type BenchHost } from '../../support/actor-bench.js';
import { recordings, type Recording } from '../../support/recordings.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const JSON_TYPE = { 'content-type': 'application/json' };
const ECHO = 'Plain/1/method/echo';

/** A call of the API: verb, path, body, headers. */
type Call = readonly [string, string, unknown?, Record<string, string>?];

/** What set each callback off. */
const CALLS: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    (['POST', 'GET', 'DELETE'] as const).map((verb) => [
      `method callback for a ${verb} call`,
      [
        verb,
        `${ECHO}?q=1`,
        verb === 'GET' ? undefined : '{"a":1}',
        { ...JSON_TYPE, 'x-custom': 'c', traceparent: TRACE },
      ] as Call,
    ]),
  ),
  'method callback, text body': [
    'POST',
    ECHO,
    'hi',
    { 'content-type': 'text/plain' },
  ],
  'method callback, no body': ['POST', ECHO],
  "method callback with the caller's reentrancy id": [
    'POST',
    'Re/1/method/m',
    undefined,
    { 'dapr-reentrancy-id': 'mine' },
  ],
  'timer callback with data and callback': [
    'POST',
    'Plain/t1/timers/tm',
    '{"dueTime":"300ms","period":"400ms","data":{"b":1,"a":"<x>"},"callback":"cbname"}',
  ],
  'timer callback, one-shot': [
    'POST',
    'Plain/t1/timers/td',
    { dueTime: '200ms', data: 'str' },
  ],
  'timer callback, no dueTime and no period': [
    'POST',
    'Plain/t1/timers/tn',
    {},
  ],
  'timer callback, data null': [
    'POST',
    'Plain/t1/timers/tnull',
    { dueTime: '10ms', data: null },
  ],
  'timer callback on a type with reentrancy on': [
    'POST',
    'Re/r1/timers/trr',
    { dueTime: '100ms' },
  ],
  'reminder callback, second tick': [
    'POST',
    'Plain/r1/reminders/rm',
    '{"dueTime":"500ms","period":"1s","data":{"b":1,"a":"<x>&"}}',
  ],
  'reminder callback on a type with reentrancy on': [
    'POST',
    'Re/r1/reminders/rr',
    { dueTime: '300ms' },
  ],
  'reminder callback without data': [
    'POST',
    'Plain/r1/reminders/r0',
    { dueTime: '0s' },
  ],
  'reminder callback, number data': [
    'POST',
    'Plain/r1/reminders/rnum',
    { dueTime: '0s', data: 5 },
  ],
  'reminder callback, data null': [
    'POST',
    'Plain/r1/reminders/rnull',
    { dueTime: '0s', data: null },
  ],
  'deactivation DELETE': ['POST', 'Idle/i1/method/m'],
};

describe('callbacks of actors against recordings of daprd', () => {
  const bench = new ActorBench();
  let host: BenchHost;
  beforeAll(async () => {
    host = await bench.host('act', {
      entities: ['Plain', 'Re', 'Idle'],
      entitiesConfig: [
        { entities: ['Re'], reentrancy: { enabled: true, maxStackDepth: 3 } },
        { entities: ['Idle'], actorIdleTimeout: '2s' },
      ],
    });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const rows = recordings('actors-callbacks').filter(
    ({ name }) => name in CALLS,
  );
  it.each(rows)('$name', async (recording) => {
    const { request } = recording;
    const endpoint = `${request.method} ${request.url.split('?')[0]}`;
    host.app.forget();
    host.app.on(endpoint, {}).on('PUT /actors/Idle/i1/method/m', {});
    const [verb, path, body, headers] = CALLS[recording.name] as Call;
    const answer = await bench.call('act', verb, path, body, headers);
    expect(answer.status).toBeLessThan(500);
    await bench.clock.advance('2s');
    const received = host.app.received(endpoint)[0] as Received;
    expect(received.url).toBe(request.url);
    expect(received.text).toBe(request.body);
    expect(headersOf(received)).toEqual(recordedHeaders(recording));
  });
});

/** What node and Go write by themselves; the recordings are without it. */
const OF_THE_CONNECTION = [
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'user-agent',
];

function headersOf({ headers }: Received): object {
  const entries = Object.entries(headers);
  return Object.fromEntries(
    entries.filter(([name]) => !OF_THE_CONNECTION.includes(name)),
  );
}

function recordedHeaders({ request }: Recording): object {
  return Object.fromEntries(
    (request.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
