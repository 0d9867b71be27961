import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp, type Answer, type Answering } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const RETRY = '{ policy: constant, duration: 10ms, maxRetries: 2 }';
const INBOUND = '{ components: { pubsub: { inbound: { retry: own } } } }';

const resiliency = (policies: string, targets = '{}'): string =>
  `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata:
  name: policies
spec:
  policies: ${policies}
  targets: ${targets}
`;

/** Later than any time that is allowed. */
const never = (): Promise<Answer> => new Promise(() => undefined);

describe('resiliency of actors', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });
  beforeAll(async () => {
    app.on('GET /dapr/config', {
      body: { entities: ['Named', 'Slow', 'Other'] },
    });
    await app.listen();
    sidecar = await startSidecar({
      appId: 'resilient',
      app,
      resources: resources(
        component('state.in-memory', 'store', { actorStateStore: 'true' }),
        resiliency(
          `{
    timeouts: { short: 500ms },
    retries: {
      own: { policy: constant, duration: 10ms, maxRetries: 2, matching: { httpStatusCodes: "500" } },
      DefaultActorRetryPolicy: { policy: constant, duration: 10ms, maxRetries: 1 }
    } }`,
          '{ actors: { Named: { retry: own }, Slow: { timeout: short, retry: own } } }',
        ),
      ),
    });
  });
  const method = (type: string): string => `PUT /actors/${type}/1/method/m`;
  async function turns(type: string, answering: Answering): Promise<number> {
    app.forget();
    app.on(method(type), answering);
    const path = `/v1.0/actors/${type}/1/method/m`;
    last = await call(sidecar, 'POST', path, 'x');
    return app.received(method(type)).length;
  }
  let last: WireAnswer;

  it.each<[string, Answering]>([
    ['500', { status: 500 }],
    ['400, whatever statuses the policy names,', { status: 400 }],
    ['a cut connection', 'cut'],
  ])('retries a method that is answered with %s', async (_what, answering) => {
    expect(await turns('Named', answering)).toBe(3);
    expect(errorOf(last)).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
    expect(app.received(method('Named')).map(({ text }) => text)).toEqual([
      'x',
      'x',
      'x',
    ]);
  });

  it('retries a method that is answered with an application error', async () => {
    const headers = { 'X-DaprErrorResponseHeader': 'true' };
    expect(await turns('Named', { headers, body: 'own' })).toBe(3);
    expect([last.status, last.text]).toEqual([200, 'own']);
  });

  it('retries no method that has gone well', async () => {
    expect(await turns('Named', {})).toBe(1);
    expect(
      await turns('Named', () => ({
        status: app.received(method('Named')).length < 2 ? 500 : 200,
      })),
    ).toBe(2);
    expect(last.status).toBe(200);
  });

  it('cuts a turn that takes too long, and retries it', async () => {
    expect(await turns('Slow', never)).toBe(3);
    expect(messageOf(last)).toBe(
      'error invoke actor method: context deadline exceeded',
    );
  });

  it('takes DefaultActorRetryPolicy for types without a policy of their own', async () => {
    expect(await turns('Other', { status: 500 })).toBe(2);
  });

  it('makes no retries of timers', async () => {
    const timer = 'PUT /actors/Named/1/method/timer/t';
    app.on(timer, { status: 500 }).on('PUT /actors/Named/1/method/end', {});
    const path = '/v1.0/actors/Named/1/';
    await call(sidecar, 'POST', `${path}timers/t`, { dueTime: '0s' });
    await app.next(timer);
    await call(sidecar, 'POST', `${path}method/end`);
    expect(app.received(timer)).toHaveLength(1);
  });

  it('cuts reminders that take too long, which are then tried again', async () => {
    const reminder = 'PUT /actors/Slow/1/method/remind/r';
    app.on(reminder, () => (app.received(reminder).length < 2 ? never() : {}));
    const path = '/v1.0/actors/Slow/1/reminders/r';
    await call(sidecar, 'POST', path, { dueTime: '0s' });
    await app.count(reminder, 2);
  });
});

describe('resiliency', () => {
  let app: RecordingApp;
  let sidecar: Sidecar | undefined;
  afterEach(async () => {
    await sidecar?.stop();
    sidecar = undefined;
    await app.close();
  });

  async function start(policies: string): Promise<void> {
    app = new RecordingApp();
    app
      .on('GET /dapr/subscribe', {
        body: [
          {
            pubsubname: 'pubsub',
            topic: 'kept',
            route: '/kept',
            deadLetterTopic: 'dead',
          },
          { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
        ],
      })
      .on('POST /dead', {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'resilient',
      app,
      resources: resources(component('pubsub.in-memory', 'pubsub'), policies),
    });
  }
  /** How often a message is delivered that is answered so, until it goes to the dead letter topic. */
  async function deliveries(answering: Answering): Promise<number> {
    app.forget();
    app.on('POST /kept', answering);
    await call(sidecar as Sidecar, 'POST', '/v1.0/publish/pubsub/kept', 'x');
    await app.next('POST /dead');
    return app.received('POST /kept').length;
  }
  /** How often an invocation is tried that is answered so, and the last status. */
  async function tries(
    answering: Answering,
    body?: string,
  ): Promise<[number, number]> {
    app.forget();
    app.on('POST /invoked', answering);
    const path = '/v1.0/invoke/resilient/method/invoked';
    const { status } = await call(
      sidecar as Sidecar,
      'POST',
      path,
      body ?? 'x',
    );
    return [app.received('POST /invoked').length, status];
  }

  it.each<[string, string]>([
    ['a constant pause', RETRY],
    [
      'a growing pause',
      '{ policy: exponential, maxInterval: 50ms, maxRetries: 2 }',
    ],
  ])('retries deliveries with %s', async (_what, retry) => {
    await start(resiliency(`{ retries: { own: ${retry} } }`, INBOUND));
    expect(await deliveries({ status: 500 })).toBe(3);
    expect(await deliveries('cut')).toBe(3);
    expect(await deliveries({ body: { status: 'DROP' } })).toBe(1);
  });

  it('makes no retries where there are none allowed', async () => {
    const retry = '{ policy: constant, duration: 10ms, maxRetries: 0 }';
    await start(resiliency(`{ retries: { own: ${retry} } }`, INBOUND));
    expect(await deliveries({ status: 500 })).toBe(1);
  });

  it('retries only the statuses that a policy names', async () => {
    const retry =
      '{ policy: constant, duration: 10ms, maxRetries: 2, matching: { httpStatusCodes: "429,500-502" } }';
    await start(resiliency(`{ retries: { own: ${retry} } }`, INBOUND));
    expect(await deliveries({ status: 500 })).toBe(3);
    expect(await deliveries({ status: 429 })).toBe(3);
    expect(await deliveries({ status: 503 })).toBe(1);
    expect(await deliveries({ status: 400 })).toBe(1);
  });

  it('cuts a delivery that takes too long, and counts it as failed', async () => {
    const inbound =
      '{ components: { pubsub: { inbound: { timeout: short } } } }';
    await start(resiliency('{ timeouts: { short: 500ms } }', inbound));
    expect(await deliveries(never)).toBe(1);
  });

  it('retries a delivery that takes too long', async () => {
    await start(
      resiliency(
        `{ timeouts: { short: 500ms }, retries: { own: ${RETRY} } }`,
        '{ components: { pubsub: { inbound: { timeout: short, retry: own } } } }',
      ),
    );
    expect(await deliveries(never)).toBe(3);
  });

  it.each([
    'DefaultRetryPolicy',
    'DefaultComponentRetryPolicy',
    'DefaultComponentInboundRetryPolicy',
    'DefaultPubsubComponentInboundRetryPolicy',
  ])('takes %s for deliveries without a policy of their own', async (name) => {
    await start(resiliency(`{ retries: { ${name}: ${RETRY} } }`));
    expect(await deliveries({ status: 500 })).toBe(3);
  });

  it('does not take a policy of other apps', async () => {
    const policies = resiliency(`{ retries: { own: ${RETRY} } }`, INBOUND);
    await start(`${policies}scopes: [other]\n`);
    expect(await deliveries({ status: 500 })).toBe(1);
  });

  it('retries invocations of an app, body and all', async () => {
    await start(
      resiliency(
        `{ retries: { own: ${RETRY} } }`,
        '{ apps: { resilient: { retry: own } } }',
      ),
    );
    expect(await tries({ status: 500 })).toEqual([3, 500]);
    expect(app.received('POST /invoked').map(({ text }) => text)).toEqual([
      'x',
      'x',
      'x',
    ]);
    expect(await tries('cut')).toEqual([3, 500]);
    expect(await tries({ status: 301 })).toEqual([1, 301]);
    expect(
      await tries(() => ({
        status: app.received('POST /invoked').length < 2 ? 503 : 200,
      })),
    ).toEqual([2, 200]);
  });

  it('cuts an invocation that takes too long', async () => {
    await start(
      resiliency(
        '{ timeouts: { short: 500ms } }',
        '{ apps: { resilient: { timeout: short } } }',
      ),
    );
    app.on('GET /late', never);
    const path = '/v1.0/invoke/resilient/method/late';
    expect(errorOf(await call(sidecar as Sidecar, 'GET', path))).toEqual({
      status: 500,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
  });
});
