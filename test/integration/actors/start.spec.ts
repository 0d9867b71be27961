import {
  Controller,
  Injectable,
  Module,
  Scope,
  type ModuleMetadata,
} from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Actor } from '../../../lib/actors/actor.js';
import {
  OnReminder,
  OnTimer,
} from '../../../lib/actors/actor-callbacks.decorator.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import type {
  ActorsOptions,
  ActorTypeOptions,
} from '../../../lib/actors/actors.options.js';
import {
  actorsProvider,
  InjectActors,
  type Actors,
} from '../../../lib/actors/proxy/actors.js';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';
import { startActorApp, type ActorAppOptions } from './actor-app.js';

@ActorType('Cart')
class CartActor extends Actor {
  async add(sku: string): Promise<string> {
    return sku;
  }
}

function typed(options: ActorTypeOptions, name = 'Typed') {
  @ActorType(name, options)
  class TypedActor extends Actor {
    async work(): Promise<void> {}
  }
  return TypedActor;
}

async function startAndStop(options: ActorAppOptions) {
  const app = await startActorApp(options);
  await app.close();
  return app;
}

async function problemOf(options: ActorAppOptions): Promise<string> {
  const error: unknown = await startAndStop(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DaprConfigurationError);
  return (error as Error).message;
}

describe('an app with actors does not start', () => {
  it('with two classes of one type', async () => {
    @ActorType('Cart')
    class OtherCart extends Actor {}
    expect(await problemOf({ providers: [CartActor, OtherCart] })).toBe(
      'CartActor and OtherCart both are the actor type "Cart". One of them must get another name.',
    );
  });

  it('with a class that two modules provide', async () => {
    @Module({ providers: [CartActor] })
    class FirstModule {}
    @Module({ providers: [CartActor] })
    class SecondModule {}
    expect(await problemOf({ imports: [FirstModule, SecondModule] })).toBe(
      'CartActor is provided by FirstModule and by SecondModule. Provide it in one module.',
    );
  });

  it('with a class that extends Actor and has no type', async () => {
    class Nameless extends Actor {}
    expect(await problemOf({ providers: [Nameless] })).toMatch(
      /^Nameless extends Actor .* has no actor type\. Add @ActorType/,
    );
    class Inheriting extends CartActor {}
    expect(await problemOf({ providers: [Inheriting] })).toMatch(
      /^Inheriting extends Actor/,
    );
  });

  it('with a class that has a type and does not extend Actor', async () => {
    @ActorType('Loose')
    class LooseActor {}
    expect(await problemOf({ providers: [LooseActor] })).toMatch(
      /^LooseActor has @ActorType, but does not extend Actor/,
    );
  });

  it.each([
    ['default', undefined],
    ['request', Scope.REQUEST],
  ])('with an @Injectable of %s scope above the type', async (_name, scope) => {
    @Injectable(scope === undefined ? {} : { scope })
    @ActorType('Single')
    class SingleActor extends Actor {}
    expect(await problemOf({ providers: [SingleActor] })).toMatch(
      /^SingleActor would be one instance for all ids: .* Remove @Injectable\(\)/,
    );
  });

  it('with an actor that is provided as a value or factory', async () => {
    const useFactory = () => new CartActor();
    for (const provider of [
      { provide: CartActor, useFactory },
      { provide: CartActor, useValue: new CartActor() },
    ])
      expect(await problemOf({ providers: [provider] })).toMatch(
        /^CartActor must be provided as a class/,
      );
  });

  it('with an actor among the controllers', async () => {
    expect(await problemOf({ controllers: [CartActor] })).toMatch(
      /^CartActor is an actor, but stands among the controllers/,
    );
  });

  it('with a handler of a timer or reminder on something that is no actor', async () => {
    @Injectable()
    class Service {
      @OnTimer('tick')
      tick(): void {}
    }
    @Controller()
    class Routes {
      @OnReminder('wake')
      wake(): void {}
    }
    const problem = await problemOf({
      providers: [Service],
      controllers: [Routes],
    });
    expect(problem).toContain(
      'Service.tick takes the timer "tick", but Service is no actor.',
    );
    expect(problem).toContain(
      'Routes.wake takes the reminder "wake", but Routes is no actor.',
    );
  });

  it('with two handlers of one name', async () => {
    abstract class Base extends Actor {
      @OnTimer('tick')
      first(): void {}
    }
    @ActorType('Twice')
    class TwiceActor extends Base {
      @OnTimer('tick')
      second(): void {}

      @OnReminder('tick')
      third(): void {}
    }
    expect(await problemOf({ providers: [TwiceActor] })).toBe(
      'TwiceActor.second and TwiceActor.first both take the timer "tick". One of them must get another name.',
    );
  });

  it.each<[ActorTypeOptions, RegExp]>([
    [{ methods: ['wrok'] }, /lists wrok under "methods".* It has: work/],
    [{ methods: ['onActivate'] }, /lists onActivate under "methods"/],
    [{ idleTimout: '1h' } as never, /got "idleTimout".* It knows: idleTimeout/],
    [{ idleTimeout: 'soon' }, /@ActorType\("Typed"\): idleTimeout is wrong/],
    [{ reentrancy: { enabled: true, maxStackDepth: 0 } }, /maxStackDepth is 0/],
    [{ remote: true }, /says that TypedActor is remote, yet .* provides it/],
    [{ maxConcurrentTurns: 0 }, /maxConcurrentTurns is 0; .* from 1 up/],
    [{ remindersStoragePartitions: -1 }, /"Typed"\): remindersStor.* is -1/],
    [{ state: { keyz: true } as never }, /"state" .* got "keyz".* keys, ser/],
    [{ state: { serializer: {} as never } }, /both encode\(\) and decode\(\)/],
    [{ state: { version: 1 } }, /state.version and state.upcast go together/],
    [{ state: { upcast: String } }, /state.version and state.upcast go/],
    [{ state: { version: 0, upcast: String } }, /state.version is 0; .* 1 up/],
    [
      { state: { version: 2, upcast: String, readableBy: 3 } },
      /readableBy is 3; it names a version up to state.version/,
    ],
    [{ state: { readableBy: 0 } }, /readableBy is 0/],
    [
      { state: { version: 2, upcast: String, readableBy: -1 } },
      /readableBy is -1; .* from 0 up/,
    ],
  ])('with the options %j of a type', async (options, problem) => {
    expect(await problemOf({ providers: [typed(options)] })).toMatch(problem);
  });

  it.each(['', '.', 'a/b', 'a?b'])(
    'with a timer %j, whose name Dapr would refuse',
    async (name) => {
      @ActorType('Clock')
      class ClockActor extends Actor {
        @OnTimer(name)
        tick(): void {}
      }
      expect(await problemOf({ providers: [ClockActor] })).toContain(
        `ClockActor.tick takes the timer "${name}", but Dapr takes no name`,
      );
    },
  );

  it('with a handler that is no method of its instances', () => {
    const decorate = OnReminder('wake') as (...place: unknown[]) => void;
    class ClockActor extends Actor {}
    for (const place of [
      [ClockActor, 'wake', { value: () => undefined }],
      [ClockActor.prototype, 'wake', { get: () => 1 }],
      [ClockActor.prototype, 'wake'],
    ])
      expect(() => decorate(...place)).toThrow(
        'The reminder "wake" was given to "wake", which is no method of an actor',
      );
  });

  it('with a bad duration for all types', async () => {
    expect(
      await problemOf({
        providers: [CartActor],
        actors: { drainOngoingCallTimeout: '5' },
      }),
    ).toMatch(
      /"actors" options of DaprModule\.forRoot\(\): drainOngoingCallTimeout is wrong: 5 is no duration/,
    );
  });

  it.each(['', '.', '..', 'a/b', 'a?b', 'a#b', 'dapr.internal.x'])(
    'with the type name %j, which Dapr would refuse',
    async (name) => {
      expect(await problemOf({ providers: [typed({}, name)] })).toContain(
        `@ActorType("${name}") of TypedActor`,
      );
    },
  );

  it('with everything that is wrong said at once', async () => {
    class Nameless extends Actor {}
    const problem = await problemOf({
      providers: [Nameless, typed({ idleTimeout: 'soon' })],
    });
    expect(problem.split('\n')).toHaveLength(2);
  });
});

function feature(...refs: Parameters<typeof actorsProvider>[0][]) {
  const providers = refs.map((ref) => actorsProvider(ref));
  @Module({})
  class FeatureModule {}
  return { module: FeatureModule, providers, exports: providers };
}

function shop(...refs: Parameters<typeof feature>) {
  @Module({ imports: [feature(...refs)] })
  class ShopModule {}
  return ShopModule;
}

async function problemOfShop(
  ...refs: Parameters<typeof feature>
): Promise<string | undefined> {
  const app = await startActorApp({
    imports: [shop(...refs)],
  }).catch((error: Error) => error.message);
  if (typeof app === 'string') return app;
  await app.close();
  return undefined;
}

describe('an actor that is asked for and in no module', () => {
  it('is an error at start that names who asks for what, and the remedy [I2]', async () => {
    expect(await problemOfShop(CartActor)).toBe(
      'ShopModule asks for the actors of CartActor (type "Cart"), but no module provides CartActor. ' +
        'Add CartActor to the providers of a module; or, where another app hosts it, write ' +
        "forFeature(['Cart']) or @ActorType('Cart', { remote: true }).",
    );
    expect(await problemOfShop(() => CartActor)).toContain('CartActor');
  });

  it('is fine where it only describes what another app hosts', async () => {
    @ActorType('Contract')
    abstract class Contract {
      abstract work(): Promise<void>;
    }
    expect(
      await problemOfShop('Cart', Contract, typed({ remote: true })),
    ).toBeUndefined();
  });
});

describe('the answer to GET /dapr/config', () => {
  const configOf = async (
    providers: ModuleMetadata['providers'] & object,
    actors?: ActorsOptions,
  ) => {
    const app = await startAndStop({ providers, ...(actors && { actors }) });
    return app.runtime.appConfig();
  };

  it('says nothing of what is left to Dapr', async () => {
    await expect(configOf([CartActor])).resolves.toEqual({
      entities: ['Cart'],
    });
    await expect(configOf([])).resolves.toEqual({ entities: [] });
  });

  it('has Go durations, for all types and for those with settings of their own', async () => {
    const own = typed({
      idleTimeout: { minutes: 5 },
      reentrancy: { enabled: true, maxStackDepth: 5 },
    });
    await expect(
      configOf([CartActor, own], {
        idleTimeout: 'PT1H30M',
        drainOngoingCallTimeout: '30s',
        drainRebalancedActors: false,
        remindersStoragePartitions: 7,
        arguments: 'spread',
      }),
    ).resolves.toEqual({
      entities: ['Cart', 'Typed'],
      actorIdleTimeout: '1h30m0s',
      drainOngoingCallTimeout: '30s',
      drainRebalancedActors: false,
      remindersStoragePartitions: 7,
      entitiesConfig: [
        {
          entities: ['Typed'],
          actorIdleTimeout: '5m0s',
          drainOngoingCallTimeout: '30s',
          drainRebalancedActors: false,
          remindersStoragePartitions: 7,
          // The runtime keeps to 5 by itself.
          reentrancy: { enabled: true, maxStackDepth: 2147483647 },
        },
      ],
    });
  });

  it('has the settings of the app where those of a type are undefined', async () => {
    const own = typed({
      idleTimeout: undefined,
      remindersStoragePartitions: 1,
    });
    const { entitiesConfig } = await configOf([own], { idleTimeout: '5m' });
    expect(entitiesConfig).toEqual([
      {
        entities: ['Typed'],
        actorIdleTimeout: '5m0s',
        remindersStoragePartitions: 1,
      },
    ]);
  });
});

describe('an actor class', () => {
  it('can be replaced by another in a spec, and keeps its type', async () => {
    class FakeCart extends CartActor {
      override async add(): Promise<string> {
        return 'fake';
      }
    }
    const app = await startActorApp({
      providers: [{ provide: CartActor, useClass: FakeCart }],
    });
    await expect(app.actor(CartActor).add('book')).resolves.toBe('fake');
    await app.close();
  });

  it('can ask for the actors of its own type', async () => {
    @ActorType('Loop')
    class LoopActor extends Actor {
      constructor(
        @InjectActors(LoopActor) private readonly loops: Actors<LoopActor>,
      ) {
        super();
      }

      async ask(id: string): Promise<string> {
        return this.loops.get(id).name();
      }

      async name(): Promise<string> {
        return this.id;
      }
    }
    const app = await startActorApp({
      providers: [LoopActor, actorsProvider(LoopActor)],
    });
    await expect(app.actor(LoopActor, 'a').ask('b')).resolves.toBe('b');
    await app.close();
  });
});
