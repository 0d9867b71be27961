import { inspect } from 'node:util';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { remoteActor } from '../../../lib/actors/proxy/remote-actor.js';

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;

function recorded(): { actor: Methods; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const actor = remoteActor('Cart', 'alice', (method, args) => {
    calls.push([method, ...args]);
    return Promise.resolve('answer');
  }) as Methods;
  return { actor, calls };
}

describe('a proxy of an actor', () => {
  it('calls the method that is called', async () => {
    const { actor, calls } = recorded();
    await expect(actor['add']!('book', 2)).resolves.toBe('answer');
    const { size } = actor;
    await size!();
    expect(calls).toEqual([['add', 'book', 2], ['size']]);
  });

  it('can be awaited, alone and among others [C15]', async () => {
    const { actor, calls } = recorded();
    expect(await actor).toBe(actor);
    expect(await Promise.all([actor, 1])).toEqual([actor, 1]);
    const later = async () => actor;
    expect(await later()).toBe(actor);
    expect(calls).toEqual([]);
  });

  it('can be printed and sent [C15]', () => {
    const { actor, calls } = recorded();
    expect(inspect(actor)).toBe('Actor Cart/alice');
    expect(inspect({ deep: { actor } }, { depth: 5 })).toContain(
      'Actor Cart/alice',
    );
    expect(`${actor}`).toBe('Cart/alice');
    expect(JSON.stringify({ actor })).toBe(
      '{"actor":{"actorType":"Cart","actorId":"alice"}}',
    );
    expect(Object.keys(actor)).toEqual([]);
    expect({ ...actor }).toEqual({});
    expect(calls).toEqual([]);
  });

  it('can be compared by a test runner [C15]', () => {
    const { actor, calls } = recorded();
    expect(actor).toEqual(actor);
    expect(actor).not.toBe(recorded().actor);
    expect({ actor }).toMatchObject({ actor });
    expect(() => expect(actor).toEqual({ other: 1 })).toThrow();
    expect(calls).toEqual([]);
  });

  it('has none of what languages and frameworks look for in any object [C15]', () => {
    const { actor } = recorded();
    for (const name of [
      'then',
      'asymmetricMatch',
      'onModuleInit',
      'onApplicationBootstrap',
      'onModuleDestroy',
      'beforeApplicationShutdown',
      'onApplicationShutdown',
      'onActivate',
      'onDeactivate',
      'state',
      'id',
      '_private',
    ])
      expect(actor[name]).toBeUndefined();
    expect(Reflect.get(actor, Symbol.iterator)).toBeUndefined();
    expect(Reflect.get(actor, Symbol.toPrimitive)).toBeUndefined();
    expect(actor.constructor).toBe(Object.getPrototypeOf(actor).constructor);
    expect(actor.hasOwnProperty('add')).toBe(false);
  });

  it('can not be changed', () => {
    const { actor } = recorded();
    expect(() => {
      actor['add'] = () => Promise.resolve('mine');
    }).toThrow(TypeError);
  });

  it('can be what an asynchronous factory of a provider returns [C15]', async () => {
    const { actor, calls } = recorded();
    @Injectable()
    class Shop {
      constructor(@Inject('ALICE') readonly alice: Methods) {}
    }
    @Module({
      providers: [
        Shop,
        { provide: 'ALICE', useFactory: () => Promise.resolve(actor) },
      ],
    })
    class ShopModule {}
    const module = await Test.createTestingModule({
      imports: [ShopModule],
    }).compile();
    await module.init();
    expect(module.get(Shop).alice).toBe(actor);
    await module.close();
    expect(calls).toEqual([]);
  });
});
