import {
  ActorId as OfficialActorId,
  ActorProxyBuilder as OfficialProxyBuilder,
  Temporal as OfficialTemporal,
  type DaprClient as OfficialClient,
} from '@dapr/dapr';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  UseInterceptors,
  type NestInterceptor,
} from '@nestjs/common';
import {
  ActorInvocationError,
  ActorProxyFactory,
  ActorType,
  CommunicationProtocolEnum,
  HttpMethod,
  DaprClient,
} from '../../lib/index.js';
import {
  AbstractActor,
  ActorId,
  ActorProxyBuilder,
} from '../../lib/sdk/index.js';
import { addressOf, officialClient } from '../outsiders/official-sdk.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';
import {
  Locker,
  Meter,
  Parking,
  type MeterInterface,
  type ParkingInterface,
} from './sdk/parking.js';

@Injectable()
class Tariff {
  readonly perMinute = 3;
}

/** What the last calls of a gate went through. */
let seen: string[] = [];

const noting: NestInterceptor = {
  intercept(_context, next) {
    seen.push('interceptor');
    return next.handle();
  },
};

/** What such an actor may become once it is at home in Nest. */
@UseInterceptors(noting)
@ActorType('Gate', { state: { keys: true } })
class TollGate extends AbstractActor {
  constructor(
    private readonly tariff: Tariff,
    daprClient: DaprClient,
    id: ActorId,
  ) {
    super(daprClient, id);
  }

  async price(minutes: number): Promise<number> {
    const price = minutes * this.tariff.perMinute;
    await this.getStateManager<number>().setState('price', price);
    return price;
  }

  async names(): Promise<string[]> {
    return this.getStateManager().getStateNames();
  }

  async remind(): Promise<void> {
    const soon = OfficialTemporal.Duration.from({ milliseconds: 100 });
    await this.registerActorReminder('nobody-takes-it', soon);
  }

  async type(): Promise<string> {
    return this.getActorType();
  }

  override async onActorMethodPre(): Promise<void> {
    seen.push('pre');
  }

  override async onActorMethodPost(): Promise<void> {
    seen.push('post');
  }
}

let ids = 0;

describe.each(platforms)(
  'an actor that was written for @dapr/dapr, on %s',
  (platform, adapter) => {
    let nest: NestRun;
    let official: OfficialClient;
    beforeAll(async () => {
      nest = await runNest({
        adapter: adapter(),
        providers: [Parking, Meter, Locker, Tariff, TollGate],
      });
      official = officialClient(addressOf(nest.sidecar));
    });
    afterAll(async () => {
      await official.stop();
      await nest.close();
    });

    const newId = (): string => `${platform}-${ids++}`;

    /** The same actor by both proxies. */
    const builders: [
      string,
      <T>(type: new (client: DaprClient, id: ActorId) => T, id: string) => T,
    ][] = [
      [
        'our proxy',
        (type, id) =>
          new ActorProxyBuilder(type, nest.client).build(new ActorId(id)),
      ],
      [
        "the SDK's proxy",
        (type, id) =>
          new OfficialProxyBuilder(type, official).build(
            new OfficialActorId(id),
          ),
      ],
    ];

    describe.each(builders)('called by %s', (_name, build) => {
      it('is named as its class, and keeps its state', async () => {
        const id = newId();
        const parking: ParkingInterface = build(Parking, id);
        expect(await parking.enter({ plate: 'A-1', minutes: 5 })).toBe(1);
        expect(await parking.enter({ plate: 'B-2', minutes: 7 })).toBe(2);
        expect(await parking.leave('A-1')).toBe(true);
        expect(await parking.cars()).toEqual([{ plate: 'B-2', minutes: 7 }]);
        expect(await nest.client.actor.stateGet('Parking', id, 'cars')).toEqual(
          [{ plate: 'B-2', minutes: 7 }],
        );
      });

      it('keeps nothing of a call that failed [A1]', async () => {
        const parking: ParkingInterface = build(Parking, newId());
        await parking.enter({ plate: 'A-1', minutes: 5 });
        await expect(
          parking.fail({ plate: 'B-2', minutes: 7 }),
        ).rejects.toThrow();
        expect(await parking.cars()).toEqual([{ plate: 'A-1', minutes: 5 }]);
      });

      it.each<[string, unknown[]]>([
        ['no argument', []],
        ['text', ['book']],
        ['an object', [{ plate: 'A-1' }]],
        ['a list as the only argument', [['a', 'b']]],
        ['several', [null, false, '', { plate: 'A-1' }]],
      ])('is given what it was called with: %s [A21]', async (_what, args) => {
        const meter: MeterInterface = build(Meter, newId());
        expect(await meter.what(...args)).toEqual(args);
      });

      it('knows its id, its type and the client', async () => {
        const id = newId();
        const meter: MeterInterface = build(Meter, id);
        expect(await meter.whoAmI()).toEqual(['Meter', id, `meter ${id}`]);
        expect(await meter.park('A-1')).toBe(1);
        expect(
          await nest.client.actor.stateGet('Parking', `${id}-parking`, 'cars'),
        ).toEqual([{ plate: 'A-1', minutes: 10 }]);
      });

      it('runs its hooks around every method', async () => {
        const meter: MeterInterface = build(Meter, newId());
        await meter.tick(1);
        expect(await meter.seen()).toEqual([
          'activated',
          'pre',
          'tick 1',
          'post',
          'pre',
        ]);
      });

      it('is called by its timer, with its data, until it is stopped', async () => {
        const meter: MeterInterface = build(Meter, newId());
        expect(await meter.startTimer(0.05)).toBe('started');
        await until(async () => (await ticks(meter)) >= 2);
        await meter.stopTimer();
      });

      it('receives its reminders, with their data [A15]', async () => {
        const meter: MeterInterface = build(Meter, newId());
        expect(await meter.startReminder(1, 'wake up')).toBe('started');
        await until(async () =>
          (await meter.seen()).includes('reminder wake up'),
        );
        await meter.stopReminder();
      });

      it('shows what is its own, and hooks, to nobody [A10]', async () => {
        const meter = build(Meter, newId());
        await expect(meter.receiveReminder('forged')).rejects.toThrow();
        await expect(meter.onActorMethodPre()).rejects.toThrow();
      });
    });

    const ticks = async (meter: MeterInterface): Promise<number> =>
      (await meter.seen()).filter((line) => line === 'tick 5').length;

    it("is reached by Nest's own proxies under its class, with the error it threw", async () => {
      const parking = nest.app.get(ActorProxyFactory).get(Parking, newId());
      await expect(parking.fail({ plate: 'B-2', minutes: 7 })).rejects.toThrow(
        new ActorInvocationError('the barrier is broken', { operation: '' }),
      );
    });

    it('is reached by a proxy that makes its own client', async () => {
      const { hostname, port } = new URL(nest.sidecar.url);
      const builder = new ActorProxyBuilder<ParkingInterface>(
        Parking,
        hostname,
        port,
        CommunicationProtocolEnum.HTTP,
        { timeout: 5000 },
      );
      const parking = builder.build(ActorId.createRandomId());
      expect(await parking.enter({ plate: 'A-1', minutes: 5 })).toBe(1);
    });

    it('may get a type of another name, and providers in any order, from Nest [A17]', async () => {
      const gate = nest.app.get(ActorProxyFactory).get(TollGate, newId());
      expect(await gate.price(5)).toBe(15);
      expect(await gate.type()).toBe('Gate');
      expect(await gate.names()).toEqual(['price']);
    });

    it('is called by the verbs of the SDK', async () => {
      const { actor } = nest.client;
      expect(await actor.invoke(HttpMethod.PUT, 'Gate', newId(), 'type')).toBe(
        'Gate',
      );
    });

    it("keeps its hooks beside what stands before it in Nest's pipeline [A25]", async () => {
      const gate = nest.app.get(ActorProxyFactory).get(TollGate, newId());
      seen = [];
      await gate.type();
      expect(seen).toEqual(['pre', 'interceptor', 'post']);
    });

    it('says so where it has nothing that receives its reminder', async () => {
      const id = newId();
      const gate = nest.app.get(ActorProxyFactory).get(TollGate, id);
      await gate.remind();
      await until(
        () =>
          nest.log.of('warn', `Gate/${id} came to nothing: TollGate has no`)
            .length === 1,
      );
    });

    describe('has a state manager that', () => {
      const locker = () => {
        const id = newId();
        const actor = nest.app.get(ActorProxyFactory).get(Locker, id);
        return {
          run: (...steps: Parameters<typeof actor.run>[0]) => actor.run(steps),
          stored: (name: string) =>
            nest.client.actor.stateGet('Locker', id, name),
        };
      };

      it('adds what is not there', async () => {
        const { run, stored } = locker();
        expect(
          await run(
            ['tryAddState', 'a', '1'],
            ['tryAddState', 'a', '2'],
            ['addState', 'b', '3'],
          ),
        ).toEqual([true, false, null]);
        await expect(run(['addState', 'a', '4'])).rejects.toThrow(
          'exists already',
        );
        expect(await stored('a')).toBe('1');
        expect(await stored('b')).toBe('3');
      });

      it('gets what is there', async () => {
        const { run } = locker();
        await run(['setState', 'a', '1']);
        expect(
          await run(
            ['getState', 'a'],
            ['tryGetState', 'a'],
            ['containsState', 'a'],
            ['tryGetState', 'b'],
            ['containsState', 'b'],
          ),
        ).toEqual(['1', [true, '1'], true, [false, null], false]);
        await expect(run(['getState', 'b'])).rejects.toThrow('not found');
      });

      it('gets or adds, adds or updates', async () => {
        const { run } = locker();
        expect(
          await run(
            ['getOrAddState', 'a', '1'],
            ['getOrAddState', 'a', '2'],
            ['addOrUpdateState', 'b', '3'],
            ['addOrUpdateState', 'b', '4'],
          ),
        ).toEqual(['1', '1', '3', 'b:3+4']);
      });

      it('removes what is there, and tells so until the turn has ended', async () => {
        const { run, stored } = locker();
        await run(['setState', 'a', '1'], ['setState', 'b', '1']);
        expect(
          await run(
            ['isStateMarkedForRemove', 'a'],
            ['removeState', 'a'],
            ['isStateMarkedForRemove', 'a'],
            ['containsState', 'a'],
            ['tryRemoveState', 'a'],
            ['tryRemoveState', 'b'],
          ),
        ).toEqual([false, null, true, false, false, true]);
        expect(await run(['isStateMarkedForRemove', 'a'])).toEqual([false]);
        await expect(run(['removeState', 'a'])).rejects.toThrow('not found');
        expect(await stored('a')).toBeUndefined();
      });

      it('saves at once where it is told to, and forgets what is not saved', async () => {
        const { run, stored } = locker();
        await expect(
          run(
            ['setState', 'a', '1'],
            ['saveState'],
            ['setState', 'a', '2'],
            ['getState', 'none'],
          ),
        ).rejects.toThrow('not found');
        expect(await stored('a')).toBe('1');
        expect(
          await run(['setState', 'a', '3'], ['clearCache'], ['getState', 'a']),
        ).toEqual([null, null, '1']);
        expect(await stored('a')).toBe('1');
      });

      it('knows the names where the type keeps them only', async () => {
        await expect(locker().run(['getStateNames'])).rejects.toThrow(
          'state: { keys: true }',
        );
      });
    });
  },
);

it('an ActorId is never empty', () => {
  expect(() => new ActorId('')).toThrow('must not be empty');
  expect(new ActorId('a/b').getURLSafeId()).toBe('a%2Fb');
  expect(`${new ActorId('a/b')}`).toBe('a/b');
});
