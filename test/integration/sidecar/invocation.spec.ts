import { afterEach, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { call } from '../../conformance/wire.js';
import { Stage, type StageOptions } from '../../support/stage.js';

const RETRIES = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: retries }
spec:
  policies:
    timeouts: { late: 3s }
    retries: { twice: { duration: 1s, maxRetries: 2 } }
  targets: { apps: { mail: { retry: twice, timeout: late } } }
`;

describe('service invocation in the embedded sidecar', () => {
  let stage: Stage | undefined;
  const open = async (options: StageOptions = {}): Promise<Stage> =>
    (stage = await Stage.open(options));
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
    stage = undefined;
  });
  const invoke = (path: string, verb = 'GET', body?: unknown) =>
    call(stage!.sidecar, verb, `/v1.0/invoke/${path}`, body);

  it('takes the processes of an application in turn', async () => {
    await open();
    const first = (await stage!.join('mail')).app.on('GET /who', { body: '1' });
    const second = (await stage!.join('mail')).app.on('GET /who', {
      body: '2',
    });
    const answers: string[] = [];
    for (let n = 0; n < 4; n += 1)
      answers.push((await invoke('mail/method/who')).text);
    expect(answers.sort()).toEqual(['1', '1', '2', '2']);
    expect(first.received('GET /who')).toHaveLength(2);
    expect(second.received('GET /who')).toHaveLength(2);
  });

  it('reaches the own process of a caller that calls its own app id', async () => {
    const { app } = await open();
    const twin = await stage!.join('shop');
    app.on('GET /own', {});
    for (let n = 0; n < 3; n += 1) await invoke('shop/method/own');
    expect(app.received('GET /own')).toHaveLength(3);
    expect(twin.app.endpoints).not.toContain('GET /own');
  });

  it('is retried by the policy of the called application, with the whole body each time', async () => {
    const { clock } = await open({ resources: RETRIES });
    const { app } = await stage!.join('mail');
    const bodies: string[] = [];
    app.on('POST /send', ({ text }) => {
      bodies.push(text);
      return { status: bodies.length < 3 ? 503 : 200, body: 'sent' };
    });
    const answer = invoke('mail/method/send', 'POST', 'hello');
    await app.next('POST /send');
    await clock.advance('10s');
    expect((await answer).text).toBe('sent');
    expect(bodies).toEqual(['hello', 'hello', 'hello']);
  });

  it('is cut at the timeout of the policy', async () => {
    const { clock } = await open({ resources: RETRIES });
    const { app } = await stage!.join('mail');
    app.on('GET /slow', () => new Promise(() => undefined));
    const answer = invoke('mail/method/slow');
    await app.next('GET /slow');
    await clock.advance('20s');
    expect((await answer).json).toEqual({
      errorCode: 'ERR_DIRECT_INVOKE',
      message:
        'failed to invoke, id: mail, err: error invoking app channel: context deadline exceeded',
    });
    expect(app.received('GET /slow')).toHaveLength(3);
  });

  it('streams a body of unknown length through', async () => {
    await open();
    const { app } = await stage!.join('mail');
    app.on('POST /upload', ({ text }) => ({ body: text.toUpperCase() }));
    const text = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(
        {
          port: stage!.sidecar.httpPort,
          host: '127.0.0.1',
          method: 'POST',
          path: '/v1.0/invoke/mail/method/upload',
          agent: false,
        },
        (response) => {
          let received = '';
          response.on('data', (chunk) => (received += String(chunk)));
          response.once('end', () => resolve(received));
        },
      );
      request.once('error', reject);
      request.write('in ');
      setImmediate(() => request.end('parts'));
    });
    expect(text).toBe('IN PARTS');
  });

  it('ends on the other side when the caller goes', async () => {
    const { engine } = await open();
    const { app } = await stage!.join('mail');
    app.on('GET /slow', () => new Promise(() => undefined));
    const request = httpRequest({
      port: stage!.sidecar.httpPort,
      host: '127.0.0.1',
      path: '/v1.0/invoke/mail/method/slow',
      agent: false,
    });
    request.once('error', () => undefined).end();
    await app.next('GET /slow');
    request.destroy();
    await engine.idle();
    expect(engine.transcript.of('invocation')).toMatchObject([
      { appId: 'mail', name: '/slow', outcome: 'error' },
    ]);
  });

  it('can be made to fail', async () => {
    const { engine, app } = await open();
    app.on('GET /x', {});
    engine.faults.failNext('invoke');
    expect((await invoke('shop/method/x')).json).toEqual({
      errorCode: 'ERR_DIRECT_INVOKE',
      message: 'failed to invoke, id: shop, err: injected fault at invoke',
    });
    expect((await invoke('shop/method/x')).status).toBe(200);
    expect(app.received('GET /x')).toHaveLength(1);
  });
});
