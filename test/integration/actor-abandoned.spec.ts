import { UseInterceptors, type NestInterceptor } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { setImmediate as tick } from 'node:timers/promises';
import { from, mergeMap, race, throwError } from 'rxjs';
import {
  Actor,
  ActorProxyFactory,
  Actors,
  ActorType,
  DaprModule,
  InjectActors,
} from '../../lib/index.js';
import { Gate } from '../support/gate.js';
import { runNest, type NestRun } from '../support/nest-run.js';

let answered = new Gate();

/** As one that waits for some time only, and here for none. */
const impatient: NestInterceptor = {
  intercept: (_context, next) =>
    race(
      next.handle(),
      from(tick()).pipe(mergeMap(() => throwError(() => new Error('enough')))),
    ),
};

@ActorType('Parcel', { reentrancy: { enabled: true } })
class ParcelActor extends Actor<{ place: string }> {
  constructor(
    @InjectActors(() => ParcelActor)
    private readonly parcels: Actors<ParcelActor>,
  ) {
    super();
  }

  @UseInterceptors(impatient)
  async track(): Promise<void> {
    await answered.opened;
    throw new Error('the carrier does not answer');
  }

  async move(place: string): Promise<void> {
    this.state.set('place', place);
    answered.open();
    await tick();
  }

  async trackAndMove(place: string): Promise<void> {
    await this.parcels
      .get(this.id)
      .track()
      .catch(() => undefined);
    await this.move(place);
  }

  place(): Promise<string> {
    return this.state.get('place', 'nowhere');
  }
}

describe('a method that an interceptor has given up', () => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({
      adapter: new ExpressAdapter(),
      imports: [DaprModule.forFeature([ParcelActor])],
      providers: [ParcelActor],
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    answered = new Gate();
  });

  it.each(['a turn of its own', 'a call of its turn'])(
    'takes back nothing that came after it when it throws at last: %s [A1]',
    async (when) => {
      const parcel = nest.app.get(ActorProxyFactory).get(ParcelActor, when);
      if (when === 'a call of its turn') await parcel.trackAndMove('depot');
      else {
        await expect(parcel.track()).rejects.toThrow('enough');
        await parcel.move('depot');
      }
      expect(await parcel.place()).toBe('depot');
    },
  );
});
