import {
  Inject,
  Injectable,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Actor } from '../../../lib/actors/actor.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { ActorProxyFactory } from '../../../lib/actors/proxy/actor-proxy-factory.js';
import {
  actorsProvider,
  InjectActors,
  type Actors,
} from '../../../lib/actors/proxy/actors.js';
import { CurrentCall } from '../../../lib/contexts/current-call.js';
import { startActorApp, type ActorApp } from './actor-app.js';

@Injectable()
class Prices {}

@Injectable()
class Mailer {
  @Inject() readonly actors!: ActorProxyFactory;
}

@Injectable()
class Post {
  constructor(
    readonly prices: Prices,
    readonly mailer: Mailer,
  ) {}
}

/** Whether a turn had a scope. */
abstract class Probe extends Actor {
  hasScope(): boolean {
    return scopes() !== undefined;
  }
}

@ActorType('Lonely')
class LonelyActor extends Probe {
  constructor(readonly prices: Prices) {
    super();
  }
}

@ActorType('Bound')
class BoundActor extends Probe {
  constructor(@InjectActors('Lonely') readonly lonely: Actors<LonelyActor>) {
    super();
  }
}

@ActorType('Deep')
class DeepActor extends Probe {
  constructor(readonly post: Post) {
    super();
  }
}

@ActorType('Free')
class FreeActor extends Probe {
  constructor(readonly moduleRef: ModuleRef) {
    super();
  }
}

@Injectable()
class AskingGuard implements CanActivate {
  constructor(readonly actors: ActorProxyFactory) {}

  canActivate(): boolean {
    return true;
  }
}

@ActorType('Guarded')
class GuardedActor extends Probe {
  @UseGuards(AskingGuard)
  override hasScope(): boolean {
    return super.hasScope();
  }
}

let app: ActorApp;
afterEach(() => app.close());
const scopes = () => app.currentCall.get();

describe('the scope of a turn, which costs time', () => {
  it.each([
    ['Lonely', false],
    ['Bound', true],
    ['Deep', true],
    ['Free', true],
    ['Guarded', true],
  ])('is made where the actor can call others: %s %s', async (type, has) => {
    app = await startActorApp({
      providers: [
        LonelyActor,
        GuardedActor,
        BoundActor,
        DeepActor,
        FreeActor,
        Prices,
        Mailer,
        Post,
        actorsProvider('Lonely'),
      ],
    });
    expect(app.currentCall).toBeInstanceOf(CurrentCall);
    expect(await app.actor<Probe>(type).hasScope()).toBe(has);
  });
});
