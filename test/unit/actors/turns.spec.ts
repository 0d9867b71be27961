import { describe, expect, it } from '@jest/globals';
import { Chain } from '../../../lib/actors/runtime/chain.js';
import { Turns } from '../../../lib/actors/runtime/turns.js';

function chain(): Chain {
  return new Chain(
    {
      kind: 'method',
      actorType: 'Cart',
      actorId: 'a',
      name: 'm',
      body: Buffer.alloc(0),
      headers: {},
      query: '',
      signal: new AbortController().signal,
    },
    { isReentrant: false, mayCall: false, limit: undefined },
  );
}

describe('the turns of an actor', () => {
  it('begin at once where nobody is inside', () => {
    const turns = new Turns();
    const first = chain();
    expect(turns.isFree).toBe(true);
    expect(turns.enter(first)).toBeUndefined();
    expect(turns.chain).toBe(first);
    turns.leave();
    expect(turns.isFree).toBe(true);
    expect(turns.chain).toBeUndefined();
  });

  it('go in the order they came', async () => {
    const turns = new Turns();
    void turns.enter(chain());
    const order: number[] = [];
    const others = [1, 2, 3].map(async (number) => {
      await turns.enter(chain());
      order.push(number);
      turns.leave();
    });
    turns.leave();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
    expect(turns.isFree).toBe(true);
  });

  it('let what runs between them come before those that wait', async () => {
    const turns = new Turns();
    void turns.enter(chain());
    const order: string[] = [];
    const waiting = turns.enter(chain())!.then(() => {
      order.push('waiting');
      turns.leave();
    });
    const between = turns.between(async () => {
      expect(turns.chain).toBeUndefined();
      order.push('between');
      await Promise.resolve();
      order.push('done');
    });
    turns.leave();
    await Promise.all([between, waiting]);
    expect(order).toEqual(['between', 'done', 'waiting']);
  });

  it('go on when what runs between them fails', async () => {
    const turns = new Turns();
    const failing = turns.between(() => Promise.reject(new Error('failed')));
    const waiting = turns.enter(chain());
    await expect(failing).rejects.toThrow('failed');
    await waiting;
    expect(turns.chain).toBeInstanceOf(Chain);
  });

  it('can be refused to all that wait, but not to what runs between', async () => {
    const turns = new Turns();
    void turns.enter(chain());
    const waiting = turns.enter(chain());
    const between = turns.between(() => Promise.resolve());
    turns.refuseWaiting(new Error('too late'));
    await expect(waiting).rejects.toThrow('too late');
    turns.leave();
    await between;
    expect(turns.isFree).toBe(true);
  });
});
