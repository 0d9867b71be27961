import { describe, expect, it } from '@jest/globals';
import { StateStores } from '../../../../lib/sidecar/blocks/state.js';
import type { StateSet } from '../../../../lib/sidecar/blocks/state-store.js';
import { Faults } from '../../../../lib/sidecar/faults.js';
import type { Component } from '../../../../lib/sidecar/resources/component.js';
import { VirtualClock } from '../../../../lib/sidecar/virtual-clock.js';
import { stateComponent } from '../../../support/state-component.js';

const stores = (...components: Component[]): StateStores =>
  new StateStores({
    components,
    clock: new VirtualClock(),
    faults: new Faults(),
  });
const item: StateSet = {
  kind: 'set',
  key: 'k',
  value: '1',
  metadata: {},
  options: {},
};
const ACTORS = { actorStateStore: 'true' };

describe('the state stores of the sidecar', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, false],
    ['appid', false],
    ['namespace', false],
    ['name', true],
    ['none', true],
    ['Shared', true],
  ])('with the key prefix %s, apps see each other: %s', (keyPrefix, shared) => {
    const all = stores(
      stateComponent('s', 'state.redis', keyPrefix ? { keyPrefix } : {}),
    );
    all.of('one', 's')?.apply([item]);
    const textOf = (app: string): string =>
      `${all.of(app, 's')?.get('k')?.value}`;
    expect(textOf('one')).toBe('1');
    expect(textOf('two')).toBe(shared ? '1' : 'undefined');
  });

  it('are there for the apps in their scope only', () => {
    const all = stores(stateComponent('s', 'state.redis', ACTORS, ['one']));
    expect(all.of('one', 's')).toBeDefined();
    expect(all.of('two', 's')).toBeUndefined();
    expect([all.hasAny('one'), all.hasAny('two')]).toEqual([true, false]);
    expect(all.forActors('one')).toBeDefined();
    expect(all.forActors('two')).toBeUndefined();
  });

  it('hold actors only where a store says so', () => {
    expect(stores(stateComponent('s')).forActors('app')).toBeUndefined();
    const no = stateComponent('s', 'state.redis', { actorStateStore: 'false' });
    expect(stores(no).forActors('app')).toBeUndefined();
    const yes = stateComponent('s', 'state.redis', { ACTORSTATESTORE: 'true' });
    expect(stores(yes).forActors('app')).toBeDefined();
  });

  it('are refused when one app would have two for its actors', () => {
    const actorStore = (name: string, ...scopes: string[]): Component =>
      stateComponent(name, 'state.redis', ACTORS, scopes);
    expect(() => stores(actorStore('a'), actorStore('b'))).toThrow(
      'detected duplicate actor state store: a and b',
    );
    expect(() =>
      stores(actorStore('a', 'one'), actorStore('b', 'two')),
    ).not.toThrow();
    expect(() =>
      stores(actorStore('a', 'one'), actorStore('b', 'two', 'one')),
    ).toThrow('detected duplicate actor state store: a and b');
  });

  it('answer a query with the keys of the asking app', () => {
    const all = stores(stateComponent('s', 'state.redis', ACTORS));
    all.of('one', 's')?.apply([item]);
    all.of('two', 's')?.apply([{ ...item, key: 'other' }]);
    all.forActors('one')?.write([{ ...item, key: 'one||Cart||1||k' }]);
    const { items } = all.of('one', 's')!.query({});
    expect(items.map(({ key }) => key)).toEqual(['k']);
  });
});
