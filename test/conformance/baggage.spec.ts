import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { RecordingApp } from './recording-app.js';
import { call } from './wire.js';

describe('baggage', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  beforeAll(async () => {
    app.on('GET /invoked', {});
    await app.listen();
    sidecar = await startSidecar({ appId: 'loaded', app });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  const get = (path: string, baggage: string) =>
    call(sidecar, 'GET', path, undefined, { baggage });

  it.each(['a=1', 'a=1,b=2;p=x;q', ' a = %41 , b = ', 'a=b=c;'])(
    'comes back in every answer: %s',
    async (baggage) => {
      for (const path of ['/v1.0/metadata', '/nothing'])
        expect((await get(path, baggage)).headers.baggage).toBe(baggage.trim());
    },
  );

  it('reaches the app that is invoked, and comes back', async () => {
    const answer = await get('/v1.0/invoke/loaded/method/invoked', 'a=1');
    expect(answer.headers.baggage).toBe('a=1');
    expect((await app.next('GET /invoked')).headers.baggage).toBe('a=1');
  });

  it('means nothing to a health probe', async () => {
    const answer = await get('/v1.0/healthz', 'bad bag');
    expect(answer.status).toBe(204);
    expect(answer.headers).not.toHaveProperty('baggage');
  });

  it.each([
    ['bad bag', 'invalid baggage list-member: "bad bag"'],
    ['a=1,', 'invalid baggage list-member: ""'],
    ['a b=1', 'invalid key: "a b"'],
    ['\u00e4=1', String.raw`invalid key: "\xe4"`],
    ['a=x y', 'invalid value: "x y"'],
    ['a="x"', String.raw`invalid value: "\"x\""`],
    ['a=%zz', 'invalid value: invalid URL escape "%zz"'],
    ['a=1;p=x y', 'invalid baggage list-member property: "p=x y"'],
    [
      Array.from({ length: 65 }, (_, index) => `k${index}=v`).join(','),
      'too many list-members in baggage-string',
    ],
  ])('that is none (%j) is answered 400', async (baggage, reason) => {
    const answer = await get('/v1.0/metadata', baggage);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.text).toBe(`invalid baggage header: ${reason}\n`);
  });
});
