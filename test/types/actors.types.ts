// Compiled, never run: what must be accepted, and after @ts-expect-error what must not.
import { HttpException } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { of, type Observable } from 'rxjs';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  Actors,
  ActorType,
  InjectActors,
  OnReminder,
  type ActorProxy,
  type ActorsModuleOptions,
  type OnActivate,
} from '../../lib/index.js';
import { AbstractActor } from '../../lib/sdk/index.js';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2
    ? true
    : false;

function check<T extends true>(...proof: T[]): void {
  void proof;
}

class Money {
  constructor(
    readonly amount: number,
    readonly since: Date,
  ) {}

  plus(other: Money): Money {
    return other;
  }
}

interface Line {
  sku: string;
  count?: number;
}

interface CartState {
  lines: Line[];
  total: number;
  opened: Date;
  price: Money;
  anything: unknown;
}

@ActorType('Cart')
class CartActor extends Actor<CartState> implements OnActivate {
  constructor(
    @InjectActors('Loyalty') readonly loyalty: Actors<Loyalty>,
    @InjectActors(() => CartActor) private readonly carts: Actors<CartActor>,
  ) {
    super();
  }

  async onActivate(): Promise<void> {
    const lines: Line[] = await this.state.get('lines', []);
    const total: number = await this.state.get('total', 0);
    const maybe: number | undefined = await this.state.get('total');
    this.state.set('lines', [...lines, { sku: 'a' }]);
    this.state.set('total', total + (maybe ?? 0));
    this.state.set('opened', new Date());
    const opened: string | undefined = await this.state.get('opened');
    const anything: unknown = await this.state.get('anything');
    void [opened, anything, this.carts];
    // @ts-expect-error: an interface says what there is
    await this.state.get('nothing');
    // @ts-expect-error: of the type it says
    this.state.set('total', '5');
    // @ts-expect-error: stored as JSON, a Date comes back as text
    (await this.state.get('opened'))?.getTime();
    // @ts-expect-error: and a class without its methods
    (await this.state.get('price'))?.plus;
    // @ts-expect-error: as the value is, so must the fallback be
    await this.state.get('total', 'none');
  }

  async add(sku: string, count = 1): Promise<number> {
    return sku.length + count;
  }

  size(): number {
    return 1;
  }

  nothing(): void {}

  async rich(): Promise<{
    at: Date;
    byName: Map<string, Money>;
    tags: Set<string>;
    bytes: Buffer;
    maybe?: number;
    either: string | undefined;
    list: readonly (Date | undefined)[];
    pair: [Date, number];
    call: () => void;
  }> {
    throw new Error();
  }

  async price(): Promise<Money> {
    throw new Error();
  }

  async inContext(
    @Ctx() context: ActorContext,
    @Payload() sku: string,
    count?: number,
  ): Promise<void> {
    void [context, sku, count];
  }

  async lastInContext(sku: string, context?: ActorContext): Promise<void> {
    void [sku, context];
  }

  async rest(first: string, ...others: number[]): Promise<void> {
    void [first, others];
  }

  async union(): Promise<'a' | 'b' | null> {
    return null;
  }

  async anything(value: any): Promise<any> {
    return value;
  }

  counts(): Observable<number> {
    return of(1, 2);
  }

  async dates(): Promise<Observable<Date> | undefined> {
    return undefined;
  }

  generic<T>(value: T): T {
    return value;
  }

  _internal(): void {}

  private secret(): void {}

  protected guarded(): void {}

  @OnReminder('wake')
  async onWake(data: { n: number }): Promise<void> {
    void [data, this.secret, this.guarded];
  }
}

interface Loyalty {
  points(): Promise<number>;
  readonly level: string;
}

declare const cart: ActorProxy<CartActor>;
declare const factory: ActorProxyFactory;
declare const actors: Actors<CartActor>;

check(
  true as Same<ReturnType<typeof cart.add>, Promise<number>>,
  true as Same<ReturnType<typeof cart.size>, Promise<number>>,
  true as Same<ReturnType<typeof cart.nothing>, Promise<void>>,
  true as Same<ReturnType<typeof cart.union>, Promise<'a' | 'b' | null>>,
  true as Same<ReturnType<typeof cart.anything>, Promise<any>>,
  true as Same<ReturnType<typeof cart.counts>, Promise<number>>,
  true as Same<ReturnType<typeof cart.dates>, Promise<string | undefined>>,
  true as Same<
    Awaited<ReturnType<typeof cart.rich>>,
    {
      at: string;
      byName: Record<
        string,
        { readonly amount: number; readonly since: string }
      >;
      tags: string[];
      bytes: string;
      maybe?: number;
      either?: string;
      list: readonly (string | null)[];
      pair: [string, number];
    }
  >,
  true as Same<
    Awaited<ReturnType<typeof cart.price>>,
    { readonly amount: number; readonly since: string }
  >,
  true as Same<
    Parameters<typeof cart.inContext>,
    [sku: string, count?: number | undefined]
  >,
  true as Same<Parameters<typeof cart.lastInContext>, [sku: string]>,
  true as Same<
    Parameters<typeof cart.rest>,
    [first: string, ...others: number[]]
  >,
  true as Same<ReturnType<ActorProxy<Loyalty>['points']>, Promise<number>>,
);

void cart.add('book');
void cart.add('book', 2);
void actors.get('alice').add('book');
void factory.get(CartActor, 'alice').size();
void factory.get<Loyalty>('Loyalty', 'alice', { timeout: 1000 }).points();

// @ts-expect-error: the parameters are those of the method
void cart.add(5);
// @ts-expect-error: hooks are not called from outside
void cart.onActivate();
// @ts-expect-error: nor is what an actor has for itself
void cart.state;
// @ts-expect-error: nor its id
void cart.id;
// @ts-expect-error: nor a name that begins with an underscore
void cart._internal();
// @ts-expect-error: nor what is private
void cart.secret();
// @ts-expect-error: nor what is protected
void cart.guarded();
// @ts-expect-error: a member that is no method is not there
void factory.get<Loyalty>('Loyalty', 'alice').level;
// @ts-expect-error: a result is text where it was a Date
(await cart.rich()).at.getTime();
// @ts-expect-error: there is no such method
void cart.remove('book');
// @ts-expect-error: a proxy can't be changed
cart.size = () => Promise.resolve(1);
// @ts-expect-error: a proxy is no promise
void cart.then;

/** A base class whose state is still open works with what it knows. */
abstract class Counting<
  TState extends { total: number },
> extends Actor<TState> {
  async reset(): Promise<void> {
    this.state.remove('total');
  }
}

@ActorType('Till')
class TillActor extends Counting<CartState> {
  async total(): Promise<number> {
    return this.state.get('total', 0);
  }
}

@ActorType('Plain')
class PlainActor extends Actor {
  async work(): Promise<unknown> {
    this.state.set('whatever', { a: 1 });
    return this.state.get('whatever');
  }
}

void factory.get(TillActor, 'a').reset();
void factory.get(PlainActor, 'a').work();

/** A serializer gives everything back as it was set. */
@ActorType('Diary', {
  state: {
    serializer: { encode: (value) => value, decode: (stored) => stored },
    version: 2,
    upcast: (stored, version, key) => [stored, version, key],
  },
})
class DiaryActor extends Actor<CartState, CartState> {
  async read(): Promise<number> {
    const opened: Date | undefined = await this.state.get('opened');
    const price = await this.state.get('price');
    this.state.set('total', 5, { ttl: { hours: 1 } });
    await this.state.save();
    const keys: (keyof CartState)[] = await this.state.keys();
    // @ts-expect-error: a time to live is a duration
    this.state.set('total', 5, { ttl: null });
    // @ts-expect-error: a fallback is what it would have been
    await this.state.get('opened', 'never');
    void [keys, price?.plus(price)];
    return opened?.getTime() ?? 0;
  }

  async schedule(): Promise<void> {
    await this.reminders.set('wake', {
      dueTime: '1h',
      failurePolicy: { constant: { interval: '5s', maxRetries: 3 } },
    });
    for (const { name, dueTime } of await this.reminders.list())
      void [name, dueTime];
    // @ts-expect-error: only reminders have a policy
    await this.timers.set('tick', { failurePolicy: { drop: true } });
  }
}

/** What another app hosts, as its callers know it. */
@ActorType('Bank', { remote: true })
abstract class Bank {
  abstract balance(of: string): Promise<{ since: Date; total: number }>;
  protected abstract audit(): void;
}

declare const banks: Actors<Bank>;
const balance = banks.get('a', { timeout: 500 }).balance('alice');
check(
  true as Same<typeof balance, Promise<{ since: string; total: number }>>,
  true as Same<keyof ActorProxy<Bank>, 'balance'>,
  true as Same<ReturnType<ActorProxy<DiaryActor>['read']>, Promise<number>>,
);
void factory.get(Bank, 'a', { signal: AbortSignal.timeout(5) }).balance('b');

/** As it was written for `@dapr/dapr`. */
class Parking extends AbstractActor {
  async enter(plate: string): Promise<number> {
    return plate.length;
  }

  override async receiveReminder(data: string): Promise<void> {
    void data;
  }

  override getActorType(): string {
    return 'Parking';
  }
}

abstract class Garage extends Parking {
  abstract close(): Promise<void>;
}

check(
  true as Same<keyof ActorProxy<Parking>, 'enter'>,
  true as Same<keyof ActorProxy<Garage>, 'enter' | 'close'>,
);
void factory.get(Parking, 'a').enter('B-AR 1');
// @ts-expect-error: what the base class has is not called from outside
void factory.get(Parking, 'a').getStateManager();

class OutOfStockError extends Error {
  constructor(readonly sku: string) {
    super(sku);
  }
}

const actorOptions: ActorsModuleOptions = {
  stacks: true,
  errors: [
    OutOfStockError,
    HttpException,
    { name: 'Other', restore: ({ message }) => new OutOfStockError(message) },
  ],
};
// @ts-expect-error: errors are of classes that extend Error
const noErrors: ActorsModuleOptions = { errors: [Map] };
void [actorOptions, noErrors];
