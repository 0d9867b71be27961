import { describe, expect, it } from '@jest/globals';
import {
  actorCallbackPath,
  readActorCallback,
  type ActorCallback,
} from '../../../lib/protocol/actor-callback.js';
import { recordings } from '../../support/recordings.js';

const ID = 'a/b?c#d%e+f g ü';

const at = (
  kind: ActorCallback['kind'],
  name: string,
  actorId = '1',
): ActorCallback => ({ kind, actorType: 'Cart', actorId, name });

describe('a call to an actor', () => {
  it.each<[string, string, ActorCallback]>([
    ['PUT', '/actors/Cart/1/method/add', at('method', 'add')],
    ['PUT', '/actors/Cart/1/method/timer/tick', at('timer', 'tick')],
    ['PUT', '/actors/Cart/1/method/remind/me', at('reminder', 'me')],
    ['PUT', '/actors/Cart/1/method/timer', at('method', 'timer')],
    ['DELETE', '/actors/Cart/1', at('deactivate', '')],
    ['POST', '/actors/Cart/1', at('activate', '')],
  ])('is read from %s %s', (verb, path, expected) => {
    expect(readActorCallback(verb, path)).toEqual(expected);
  });

  it.each<[string, string]>([
    ['GET', '/actors/Cart/1/method/add'],
    ['POST', '/actors/Cart/1/method/add'],
    ['PUT', '/actors/Cart/1'],
    ['PUT', '/actors/Cart/1/method'],
    ['PUT', '/actors/Cart/1/method/'],
    ['PUT', '/actors/Cart/1/method/timer/'],
    ['PUT', '/actors/Cart/1/method/other/tick'],
    ['PUT', '/actors/Cart/1/method/timer/a/b'],
    ['PUT', '/actors/Cart/1/state/add'],
    ['DELETE', '/actors/Cart'],
    ['DELETE', '/actors//1'],
    ['PUT', '/actors/Cart/%zz/method/add'],
    ['PUT', '/other/Cart/1/method/add'],
  ])('is not %s %s', (verb, path) => {
    expect(readActorCallback(verb, path)).toBeUndefined();
  });

  it.each([
    at('method', ID, ID),
    at('timer', ID, ID),
    at('reminder', ID, ID),
    at('deactivate', '', ID),
  ])('keeps every name through its path: %j', (callback) => {
    const verb = callback.kind === 'deactivate' ? 'DELETE' : 'PUT';
    expect(readActorCallback(verb, actorCallbackPath(callback))).toEqual(
      callback,
    );
  });

  it.each(
    recordings('actors-callbacks').map((r) => [r.name, r.request] as const),
  )('has the path that a real daprd used: %s', (_, { method, url }) => {
    const [path] = url.split('?') as [string];
    const callback = readActorCallback(method, path);
    expect(callback && actorCallbackPath(callback)).toBe(path);
  });
});
