import { describe, expect, it } from '@jest/globals';
import { Turn } from '../../../lib/actors/runtime/turn.js';
import { TurnLimit } from '../../../lib/actors/runtime/turn-limit.js';

function turn(limit?: TurnLimit, trail?: string): Turn {
  return new Turn(
    {
      actorType: 'Cart',
      actorId: 'a',
      headers: trail === undefined ? {} : { 'x-nestjs-dapr-turns': trail },
      signal: new AbortController().signal,
    },
    undefined,
    { isReentrant: false, mayCall: true, limit },
  );
}

describe('a limit of turns', () => {
  it('lets that many begin at once, and the others in the order they came', async () => {
    const limit = new TurnLimit(2);
    const [first, second, third, fourth] = [turn(), turn(), turn(), turn()];
    expect(limit.enter(first)).toBeUndefined();
    expect(limit.enter(second)).toBeUndefined();
    const began: string[] = [];
    const waiting = [
      limit.enter(third)!.then(() => began.push('third')),
      limit.enter(fourth)!.then(() => began.push('fourth')),
    ];
    limit.leave(second);
    await waiting[0];
    expect(began).toEqual(['third']);
    limit.leave(first);
    await waiting[1];
    expect(began).toEqual(['third', 'fourth']);
  });

  it('does not count a turn while it waits for a call of an actor', async () => {
    const limit = new TurnLimit(1);
    const outer = turn(limit);
    void limit.enter(outer);
    const other = turn();
    const begins = limit.enter(other)!;
    const { trail } = outer.callOut('Cart/b');
    await begins;
    const began: string[] = [];
    const last = limit.enter(turn())!.then(() => began.push('last'));
    const inner = turn(limit, trail);
    const first = limit.enter(inner)!.then(() => began.push('first'));
    limit.leave(other);
    await first;
    limit.leave(inner);
    await last;
    expect(began).toEqual(['first', 'last']);
  });

  it('gives a turn the place of that which it was called in by other means', () => {
    const limit = new TurnLimit(1);
    const outer = turn(limit);
    void limit.enter(outer);
    const inner = turn(limit, outer.turns);
    expect(limit.enter(inner)).toBeUndefined();
    expect(limit.enter(turn(limit, inner.turns))).toBeUndefined();
    limit.leave(inner);
    expect(limit.enter(turn())).toBeInstanceOf(Promise);
  });

  it('gives up a turn that is refused, and no other', async () => {
    const limit = new TurnLimit(1);
    const [running, refused, next] = [turn(), turn(), turn()];
    void limit.enter(running);
    const waits = [limit.enter(refused)!, limit.enter(next)!];
    limit.refuse(refused, new Error('deactivated'));
    limit.refuse(running, new Error('deactivated'));
    limit.refuse(undefined, new Error('deactivated'));
    await expect(waits[0]).rejects.toThrow('deactivated');
    limit.leave(refused);
    limit.leave(running);
    await waits[1];
  });
});
