import { describe, expect, it } from '@jest/globals';
import type { AppChannel } from '../../../../lib/sidecar/app/channel.js';
import {
  ActorPlacement,
  type ActorHost,
} from '../../../../lib/sidecar/blocks/actor-placement.js';
import { readActorSettings } from '../../../../lib/sidecar/blocks/actor-settings.js';

const host = (
  instanceId: string,
  leaving = new AbortController().signal,
): ActorHost => ({
  appId: 'app',
  instanceId,
  channel: {} as AppChannel,
  leaving,
});
const hosting = (...entities: string[]) =>
  readActorSettings({ entities }, () => undefined);
const ids = Array.from({ length: 300 }, (_, index) => `id-${index}`);

describe('actor placement', () => {
  it('spreads actors over the hosts of their type', () => {
    const placement = new ActorPlacement();
    const [a, b, c] = [host('1'), host('2'), host('3')];
    for (const each of [a, b]) placement.set(each, hosting('Cart'));
    placement.set(c, hosting('Order'));
    const onA = ids.filter((id) => placement.ownerOf('Cart', id) === a);
    const onB = ids.filter((id) => placement.ownerOf('Cart', id) === b);
    expect(onA.length + onB.length).toBe(ids.length);
    expect(Math.min(onA.length, onB.length)).toBeGreaterThan(90);
    expect(placement.ownerOf('Order', 'x')).toBe(c);
    expect(placement.ownerOf('Nobody', 'x')).toBeUndefined();
  });

  it('moves only what a host gains when it joins, and what it had when it leaves', () => {
    const placement = new ActorPlacement();
    const [a, b, c] = [host('1'), host('2'), host('3')];
    for (const each of [a, b]) placement.set(each, hosting('Cart'));
    const before = ids.map((id) => placement.ownerOf('Cart', id));
    placement.set(c, hosting('Cart'));
    const moved = ids.filter(
      (id, index) => placement.ownerOf('Cart', id) !== before[index],
    );
    expect(moved.length).toBeGreaterThan(50);
    for (const id of moved) expect(placement.ownerOf('Cart', id)).toBe(c);
    placement.remove(c);
    expect(ids.map((id) => placement.ownerOf('Cart', id))).toEqual(before);
  });

  it('leaves a host that is about to go what nobody else hosts', () => {
    const placement = new ActorPlacement();
    const departure = new AbortController();
    const [a, b] = [host('1', departure.signal), host('2')];
    placement.set(a, hosting('Cart', 'Order'));
    placement.set(b, hosting('Cart'));
    expect(placement.isHosted('Order')).toBe(true);
    departure.abort();
    expect(ids.filter((id) => placement.ownerOf('Cart', id) === a)).toEqual([]);
    expect(placement.ownerOf('Order', 'x')).toBe(a);
    expect(placement.isHosted('Cart')).toBe(true);
    expect(placement.isHosted('Order')).toBe(false);
  });

  it('tells the hosts of a sidecar and their types, and which types there ever were', () => {
    const placement = new ActorPlacement();
    const [a, b] = [host('1'), host('2')];
    placement.set(a, hosting('Cart'));
    placement.set(b, hosting('Cart', 'Order'));
    expect(placement.hostOf('2')).toBe(b);
    expect(placement.hostOf('3')).toBeUndefined();
    expect(placement.typesOf(b)).toEqual(['Cart', 'Order']);
    placement.remove(b);
    expect(placement.typesOf(b)).toEqual([]);
    expect(placement.ownerOf('Order', 'x')).toBeUndefined();
    expect(placement.wasHosted('Order')).toBe(true);
    expect(placement.wasHosted('Nobody')).toBe(false);
  });
});
