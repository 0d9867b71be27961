import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OutgoingHttpHeaders } from 'node:http';
import { inspect } from 'node:util';
import {
  Actor,
  ActorProxyFactory,
  ActorType,
  type ActorProxy,
  type OnActivate,
} from '../../lib/index.js';
import { call, errorOf } from '../conformance/wire.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';

const activated: string[] = [];

@ActorType('Shop')
class ActorWhoseClassHasAnotherName extends Actor implements OnActivate {
  onActivate(): void {
    activated.push(this.id);
  }

  echo(...args: unknown[]): unknown[] {
    return args;
  }

  same(value: unknown): unknown {
    return value;
  }

  withDefault(value = 'd'): string {
    return value;
  }

  nothing(): void {}

  rich(): unknown {
    return {
      at: new Date(0),
      map: new Map([['a', 1]]),
      bytes: Buffer.from('hi'),
      gone: undefined,
    };
  }

  big(): unknown {
    return { amount: 1n };
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe.each(platforms)('calls of actors on %s', (_platform, adapter) => {
  let nest: NestRun;
  let shop: ActorProxy<ActorWhoseClassHasAnotherName>;

  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      providers: [
        ActorWhoseClassHasAnotherName,
        {
          provide: 'untouched',
          inject: [ActorProxyFactory],
          useFactory: async (factory: ActorProxyFactory) =>
            factory.get('Shop', 'untouched'),
        },
      ],
    });
    shop = nest.app
      .get(ActorProxyFactory)
      .get(ActorWhoseClassHasAnotherName, 'a');
  });
  afterAll(() => nest.close());

  /** As curl calls the sidecar. */
  const raw = (
    method: string,
    body?: string,
    headers: OutgoingHttpHeaders = {},
  ) =>
    call(
      nest.sidecar,
      'POST',
      `/v1.0/actors/Shop/a/method/${method}`,
      body,
      headers,
    );
  const invoke = (method: string, body?: unknown) =>
    nest.client.actor.invoke('Shop', 'a', method, body);

  it.each([
    { sent: [] },
    { sent: [[1, 2, 3]] },
    { sent: [['one'], 'two'] },
    { sent: [{ a: 1 }] },
    { sent: ['123'] },
    { sent: [''] },
    { sent: [0] },
    { sent: [false] },
    { sent: [null] },
    { sent: [1, 'two', [3], { four: 4 }] },
  ])(
    'by a proxy have their arguments arrive: $sent [A21]',
    async ({ sent }) => {
      expect(await shop.echo(...sent)).toEqual(sent);
    },
  );

  it.each<[string, OutgoingHttpHeaders, unknown[]]>([
    ['5', JSON_TYPE, [5]],
    ['"book"', JSON_TYPE, ['book']],
    ['[1,2]', JSON_TYPE, [[1, 2]]],
    ['', JSON_TYPE, []],
    ['book', { 'content-type': 'text/plain' }, ['book']],
    ['{"a":1}', {}, [{ a: 1 }]],
    ['5', { 'content-type': 'application/x-www-form-urlencoded' }, [5]],
  ])(
    'by curl have a bare value arrive: %j with %j [A21]',
    async (body, headers, args) => {
      const answer = await raw('echo', body, headers);
      expect(answer.json).toEqual(args);
      expect(answer.headers['content-type']).toContain('application/json');
    },
  );

  it.each([[0], [''], [false], [null], ['text'], [{ a: 1 }], [[1, 2]]])(
    'by client.actor have the body arrive, and give the bare result: %j [A21]',
    async (value) => {
      expect(await invoke('same', value)).toEqual(value);
    },
  );

  it('leave a default to the method where the argument is absent [A9]', async () => {
    expect(await shop.withDefault()).toBe('d');
    expect(await shop.withDefault(undefined)).toBe('d');
    expect(await invoke('withDefault')).toBe('d');
    expect((await raw('withDefault')).json).toBe('d');
  });

  it('carry values in the documented encoding, there and back [A8]', async () => {
    const bytes = Buffer.from('hi');
    expect(await shop.echo(new Date(0), new Map([['a', 1]]), bytes)).toEqual([
      '1970-01-01T00:00:00.000Z',
      { a: 1 },
      bytes.toString('base64'),
    ]);
    expect(await shop.rich()).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      map: { a: 1 },
      bytes: bytes.toString('base64'),
    });
    expect(await shop.echo(undefined, 1)).toEqual([null, 1]);
  });

  it('tell undefined from null to a proxy, and nothing from null to the others [A8]', async () => {
    expect(await shop.nothing()).toBeUndefined();
    expect(await shop.same(null)).toBeNull();
    expect(await invoke('nothing')).toBeUndefined();
    expect(await raw('nothing')).toMatchObject({ status: 200, text: '' });
    expect(await raw('same', 'null', JSON_TYPE)).toMatchObject({
      status: 200,
      text: 'null',
    });
  });

  it('refuse in words what JSON can not carry, as argument or result [A8]', async () => {
    await expect(shop.same(1n)).rejects.toThrow(/BigInt/);
    await expect(shop.big()).rejects.toThrow(/BigInt/);
    expect(errorOf(await raw('big'))).toEqual({
      status: 500,
      errorCode: 'ERR_ACTOR_INVOKE_METHOD',
    });
  });

  it('know the type by the name that it was given, and by no other [A22]', async () => {
    expect(await nest.client.metadata.get()).toMatchObject({
      actors: [{ type: 'Shop' }],
    });
    const path = `/actors/${ActorWhoseClassHasAnotherName.name}/a/method/same`;
    expect((await callApp(nest, 'PUT', path)).status).toBe(404);
  });

  it('are made by nothing that merely looks at a proxy [C15]', async () => {
    const untouched: object = nest.app.get('untouched');
    expect(await untouched).toBe(untouched);
    expect(await Promise.all([untouched, 1])).toEqual([untouched, 1]);
    expect(inspect(untouched)).toBe('Actor Shop/untouched');
    expect(JSON.stringify(untouched)).toContain('untouched');
    expect(activated).not.toContain('untouched');
  });
});
