// Written for `@dapr/dapr`, but for the name of the package: test/types/sdk.spec.ts compiles it against both.
import {
  AbstractActor,
  ActorId,
  ActorProxyBuilder,
  DaprClient,
  Temporal,
} from 'nestjs-dapr/sdk';

export interface Car {
  readonly plate: string;
  readonly minutes: number;
}

export interface ParkingInterface {
  enter(car: Car): Promise<number>;
  leave(plate: string): Promise<boolean>;
  cars(): Promise<Car[]>;
  fail(car: Car): Promise<void>;
}

/** State, without a constructor. */
export class Parking extends AbstractActor implements ParkingInterface {
  // Names of ours that an actor of the SDK may use.
  state = 'open';
  timers = 0;

  async enter(car: Car): Promise<number> {
    const cars = [...(await this.cars()), car];
    await this.getStateManager<Car[]>().setState('cars', cars);
    return cars.length;
  }

  async leave(plate: string): Promise<boolean> {
    const before = await this.cars();
    const cars = before.filter((car) => car.plate !== plate);
    await this.getStateManager<Car[]>().setState('cars', cars);
    return cars.length < before.length;
  }

  async cars(): Promise<Car[]> {
    const manager = this.getStateManager<Car[]>();
    const [isThere, cars] = await manager.tryGetState('cars');
    return isThere && cars !== null ? cars : [];
  }

  async fail(car: Car): Promise<void> {
    await this.enter(car);
    throw new Error('the barrier is broken');
  }
}

export interface MeterInterface {
  startTimer(seconds: number): Promise<string>;
  stopTimer(): Promise<void>;
  startReminder(seconds: number, data: string): Promise<string>;
  stopReminder(): Promise<void>;
  tick(amount: number): Promise<void>;
  seen(): Promise<string[]>;
  park(plate: string): Promise<number>;
  whoAmI(): Promise<string[]>;
  what(...args: unknown[]): Promise<unknown[]>;
  stop(): Promise<void>;
}

/** Timers, reminders and hooks, with a constructor. */
export class Meter extends AbstractActor implements MeterInterface {
  private readonly name: string;
  private readonly log: string[] = [];

  constructor(daprClient: DaprClient, id: ActorId) {
    super(daprClient, id);
    this.name = `meter ${id.getId()}`;
  }

  async onActivate(): Promise<void> {
    this.log.push('activated');
    await this.getStateManager<string>().getOrAddState('name', this.name);
  }

  async onActorMethodPre(): Promise<void> {
    this.log.push('pre');
  }

  async onActorMethodPost(): Promise<void> {
    this.log.push('post');
  }

  async startTimer(seconds: number): Promise<string> {
    await super.registerActorTimer(
      'meter-timer',
      'tick',
      Temporal.Duration.from({ seconds }),
      Temporal.Duration.from({ seconds }),
      undefined,
      5,
    );
    return 'started';
  }

  async stopTimer(): Promise<void> {
    await super.unregisterActorTimer('meter-timer');
  }

  async tick(amount: number): Promise<void> {
    this.log.push(`tick ${amount}`);
  }

  async startReminder(seconds: number, data: string): Promise<string> {
    await super.registerActorReminder(
      'meter-reminder',
      Temporal.Duration.from({ seconds }),
      Temporal.Duration.from({ seconds }),
      undefined,
      data,
    );
    return 'started';
  }

  async stopReminder(): Promise<void> {
    await super.unregisterActorReminder('meter-reminder');
  }

  async receiveReminder(data: string): Promise<void> {
    this.log.push(`reminder ${data}`);
  }

  async seen(): Promise<string[]> {
    return [...this.log];
  }

  /** Calls another actor. */
  async park(plate: string): Promise<number> {
    const id = new ActorId(`${this.getActorId().getId()}-parking`);
    const builder = new ActorProxyBuilder<ParkingInterface>(
      Parking,
      this.getDaprClient(),
    );
    return builder.build(id).enter({ plate, minutes: 10 });
  }

  async whoAmI(): Promise<string[]> {
    const name = await this.getStateManager<string>().getState('name');
    return [
      String(this.getActorType()),
      this.getActorId().getId(),
      String(name),
    ];
  }

  async what(...args: unknown[]): Promise<unknown[]> {
    return args;
  }

  async stop(): Promise<void> {}
}

export interface LockerInterface {
  run(steps: [keyof Manager, ...unknown[]][]): Promise<unknown[]>;
}

type Manager = ReturnType<AbstractActor['getStateManager']>;

/** Every method of the state manager, by name. */
export class Locker extends AbstractActor implements LockerInterface {
  async run(steps: [keyof Manager, ...unknown[]][]): Promise<unknown[]> {
    const results: unknown[] = [];
    for (const [method, ...args] of steps)
      results.push(await this.step(method, args));
    return results;
  }

  private async step(method: string, args: unknown[]): Promise<unknown> {
    const manager = this.getStateManager<string>();
    const [name = '', value = ''] = args as string[];
    switch (method) {
      case 'addState':
        return manager.addState(name, value);
      case 'tryAddState':
        return manager.tryAddState(name, value);
      case 'getState':
        return manager.getState(name);
      case 'tryGetState':
        return manager.tryGetState(name);
      case 'setState':
        return manager.setState(name, value);
      case 'removeState':
        return manager.removeState(name);
      case 'tryRemoveState':
        return manager.tryRemoveState(name);
      case 'containsState':
        return manager.containsState(name);
      case 'getOrAddState':
        return manager.getOrAddState(name, value);
      case 'addOrUpdateState':
        return manager.addOrUpdateState(
          name,
          value,
          (key, old) => `${key}:${old}+${value}`,
        );
      case 'isStateMarkedForRemove':
        return manager.isStateMarkedForRemove(name);
      case 'getStateNames':
        return manager.getStateNames();
      case 'clearCache':
        return manager.clearCache();
      case 'saveState':
        return manager.saveState();
      default:
        throw new Error(`no method ${method}`);
    }
  }
}
