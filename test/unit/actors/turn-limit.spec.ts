import { describe, expect, it } from '@jest/globals';
import { Turn } from '../../../lib/actors/runtime/turn.js';
import { TurnLimit } from '../../../lib/actors/runtime/turn-limit.js';

function turn(trail?: string): Turn {
  return new Turn(
    {
      kind: 'method',
      actorType: 'Cart',
      actorId: 'a',
      name: 'm',
      body: Buffer.alloc(0),
      headers: trail === undefined ? {} : { 'x-nestjs-dapr-turns': trail },
      query: '',
      signal: new AbortController().signal,
    },
    undefined,
    { isReentrant: false, mayCall: true },
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

  it('does not count a turn that was called in one which counts, at any distance', () => {
    const limit = new TurnLimit(1);
    const outer = turn();
    void limit.enter(outer);
    const inner = turn(outer.callOut('Cart/b').trail);
    expect(limit.enter(inner)).toBeUndefined();
    const innermost = turn(inner.callOut('Cart/c').trail);
    expect(limit.enter(innermost)).toBeUndefined();
    expect(limit.enter(turn())).toBeInstanceOf(Promise);
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
