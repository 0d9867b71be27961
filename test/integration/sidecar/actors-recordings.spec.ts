import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answering, Received } from '../../conformance/recording-app.js';
import type { WireAnswer } from '../../conformance/wire.js';
import { ActorBench, type BenchHost } from '../../support/actor-bench.js';
import { recordings, type Recording } from '../../support/recordings.js';
import { expected, replay, shown } from '../../support/replay.js';

const CONFIG = {
  entities: ['Plain', 'Re', 'Idle', 'Slow', 'I'],
  entitiesConfig: [
    { entities: ['Re'], reentrancy: { enabled: true, maxStackDepth: 3 } },
    { entities: ['Idle'], actorIdleTimeout: '2s' },
  ],
};

/** What the embedded sidecar says otherwise on purpose: names of recordings, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'method, connection cut': 'node says "other side closed" where Go says EOF',
  'timer: ttl in the past': 'times are printed as ISO 8601, not as Go does',
};

const ECHO = 'PUT /actors/Plain/1/method/echo';

/** What the application answers in a recording. */
const ANSWERS: Readonly<Record<string, readonly [string, Answering]>> = {
  'method answered 200 text with a header': [
    ECHO,
    { headers: { 'content-type': 'text/plain', 'x-app': 'v' }, body: 'plain' },
  ],
  'method answered 204': [ECHO, { status: 204 }],
  'method answered 201': [ECHO, { status: 201, body: { error: 'e201' } }],
  'method answered 202': [ECHO, { status: 202, body: { error: 'e202' } }],
  'method answered 404': [ECHO, { status: 404, body: { error: 'e404' } }],
  'method answered 500': [ECHO, { status: 500, body: { error: 'e500' } }],
  'method answered 200 with X-DaprErrorResponseHeader': [
    ECHO,
    {
      headers: { 'X-DaprErrorResponseHeader': 'true', 'X-More': '1' },
      body: { error: 'app error' },
    },
  ],
  'method, connection cut': [ECHO, 'cut'],
};

describe('the actor API against recordings of daprd', () => {
  const bench = new ActorBench();
  let host: BenchHost;

  beforeAll(async () => {
    host = await bench.host('act', CONFIG);
    host.app.on('PUT /actors/Plain/1/method/a/b', { body: { ok: true } });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const save = (...operations: object[]): Promise<WireAnswer> =>
    bench.call('act', 'POST', 'Plain/1/state', operations);
  const remind = (name: string, body: object): Promise<WireAnswer> =>
    bench.call('act', 'POST', `Plain/r1/reminders/${name}`, body);

  /** What came before a recording then, and was not recorded, or took time. */
  const before: Readonly<Record<string, () => unknown>> = {
    'state get': () =>
      save(
        { operation: 'upsert', request: { key: 'k', value: { b: 1, a: '<' } } },
        { operation: 'upsert', request: { key: 'k2', value: 1 } },
      ),
    'method on a type with reentrancy': () =>
      host.app.on('PUT /actors/Re/1/method/m', {}),
    'reentrant chain deeper than maxStackDepth 3': () =>
      host.app.on('PUT /actors/Re/1/method/m', (received) => deeper(received)),
    'self call without reentrancy (inner call given up after 1.5 s)': () =>
      host.app
        .on('PUT /actors/Plain/self/method/inner', {})
        .on('PUT /actors/Plain/self/method/outer', giveUp),
    'reminder get: only a dueTime, string data': () =>
      remind('rd', { dueTime: '300ms', data: 'str' }),
    'reminder get after the only fire': () => {
      host.app.on('PUT /actors/Plain/r1/method/remind/rd', {});
      return bench.clock.advance('1s');
    },
    'reminder get: dueTime 0s': () => remind('r0', { dueTime: '0s' }),
    'reminder get: R0/PT1S': () =>
      remind('rr0', { dueTime: '0s', period: 'R0/PT1S' }),
    'reminder get: ttl 1500ms': () =>
      remind('rttl', { dueTime: '0s', period: '1s', ttl: '1500ms' }),
    'reminder: data null': () =>
      host.app.on('PUT /actors/Plain/r1/method/remind/rnull', {}),
    'reminder get: data null': () => bench.activity.idle(),
  };
  async function deeper({ headers }: Received): Promise<object> {
    const inner = await bench.call('act', 'POST', 'Re/1/method/m', undefined, {
      'dapr-reentrancy-id': String(headers['dapr-reentrancy-id']),
    });
    return { body: { depth: 3, inner: inner.status, text: inner.text } };
  }

  async function giveUp(): Promise<object> {
    const { httpPort } = await bench.api('act');
    const url = `http://127.0.0.1:${httpPort}/v1.0/actors/Plain/self/method/inner`;
    const signal = AbortSignal.timeout(50);
    const inner = await fetch(url, { method: 'POST', signal }).then(
      ({ status }) => status,
      () => 'client timeout',
    );
    return { body: { inner } };
  }

  const rows = recordings('actors').filter(
    ({ name }) => !/^actor state ttl|runs 3.5 s/.test(name),
  );
  it.each(rows)('$name', async (recording) => {
    const { name } = recording;
    const [endpoint, answering] = ANSWERS[name] ?? [
      ECHO,
      { body: { ok: true } },
    ];
    host.app.on(endpoint, answering);
    await before[name]?.();
    const answer = await replay(await bench.api('act'), recording);
    const then = expected(recording);
    expect(answer.status).toBe(then.status);
    if (name in DIFFERENT) return;
    expect(shown(answer)).toEqual(shown(then));
    const { 'content-type': type, ...own } = then.headers;
    if (then.text) expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers).toMatchObject(own);
  });

  it('method that runs 3.5 s with actorIdleTimeout 2 s', async () => {
    const recording = recordings('actors').find(({ name }) =>
      name.startsWith('method that runs 3.5 s'),
    ) as Recording;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    host.app.on('PUT /actors/Idle/i2/method/m', () =>
      finished.then(() => ({})),
    );
    const call = replay(await bench.api('act'), recording);
    await host.app.next('PUT /actors/Idle/i2/method/m');
    await bench.clock.advance('2s');
    expect(shown(await call)).toEqual(shown(expected(recording)));
    finish();
  });
});
