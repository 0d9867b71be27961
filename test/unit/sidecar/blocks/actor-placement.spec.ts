import { describe, expect, it } from '@jest/globals';
import type { AppChannel } from '../../../../lib/sidecar/app/channel.js';
import {
  ActorPlacement,
  type ActorHost,
} from '../../../../lib/sidecar/blocks/actor-placement.js';
import { readActorSettings } from '../../../../lib/sidecar/blocks/actor-settings.js';

const host = (instanceId: string, appId = 'app'): ActorHost => ({
  appId,
  instanceId,
  channel: {} as AppChannel,
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

  it('takes hosts of several apps for one type', () => {
    const placement = new ActorPlacement();
    placement.set(host('1', 'one'), hosting('Cart'));
    placement.set(host('1', 'two'), hosting('Cart', 'Order'));
    const owners = new Set(
      ids.map((id) => placement.ownerOf('Cart', id)?.appId),
    );
    expect([...owners].sort()).toEqual(['one', 'two']);
    expect(placement.isHostedBy('one', 'Cart')).toBe(true);
    expect(placement.isHostedBy('one', 'Order')).toBe(false);
    expect(placement.typesOf('two')).toEqual(['Cart', 'Order']);
  });
});
