import { describe, expect, it } from '@jest/globals';
import {
  InstanceClosed,
  TurnLock,
} from '../../../../lib/sidecar/blocks/actor-lock.js';

/** Notes when each turn begins. */
async function enter(
  lock: TurnLock,
  log: string[],
  name: string,
  id?: string,
  signal?: AbortSignal,
): Promise<() => void> {
  const leave = await lock.enter(id, signal);
  log.push(name);
  return leave;
}

const settled = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

describe('the turn lock of an actor', () => {
  it('lets turns in one by one, in the order in which they came', async () => {
    const lock = new TurnLock(undefined);
    const log: string[] = [];
    const turns = ['a', 'b', 'c'].map((name) => enter(lock, log, name));
    await settled();
    expect(log).toEqual(['a']);
    (await turns[0])?.();
    await settled();
    expect(log).toEqual(['a', 'b']);
    (await turns[1])?.();
    (await turns[2])?.();
    expect(log).toEqual(['a', 'b', 'c']);
    await lock.free();
  });

  it('without reentrancy knows no ids', async () => {
    const lock = new TurnLock(undefined);
    const log: string[] = [];
    await enter(lock, log, 'outer', 'x');
    void enter(lock, log, 'inner', 'x');
    await settled();
    expect(log).toEqual(['outer']);
  });

  it('with reentrancy lets the same chain in again, up to its depth', async () => {
    const lock = new TurnLock(2);
    const log: string[] = [];
    const outer = await enter(lock, log, 'outer', 'x');
    const other = enter(lock, log, 'other', 'y');
    const inner = await enter(lock, log, 'inner', 'x');
    await expect(lock.enter('x')).rejects.toThrow(
      'maximum stack depth exceeded',
    );
    outer();
    await settled();
    expect(log).toEqual(['outer', 'inner']);
    inner();
    (await other)();
    expect(log).toEqual(['outer', 'inner', 'other']);
  });

  it('lets a whole chain in that had to wait', async () => {
    const lock = new TurnLock(5);
    const log: string[] = [];
    const first = await enter(lock, log, 'first', 'x');
    const waiting = [
      enter(lock, log, 'one', 'y'),
      enter(lock, log, 'two', 'y'),
    ];
    first();
    await Promise.all(waiting);
    expect(log).toEqual(['first', 'one', 'two']);
  });

  it('forgets who no longer waits', async () => {
    const lock = new TurnLock(undefined);
    const log: string[] = [];
    const first = await enter(lock, log, 'first');
    const gone = new AbortController();
    const second = enter(lock, log, 'second', undefined, gone.signal);
    const third = enter(lock, log, 'third');
    gone.abort();
    await expect(second).rejects.toThrow('context canceled');
    await settled();
    expect(log).toEqual(['first']);
    first();
    (await third)();
    expect(log).toEqual(['first', 'third']);
  });

  it('when closed sends everyone away who has not begun', async () => {
    const lock = new TurnLock(undefined);
    const leave = await lock.enter(undefined);
    const waiting = lock.enter(undefined);
    lock.close();
    await expect(waiting).rejects.toThrow(InstanceClosed);
    await expect(lock.enter(undefined)).rejects.toThrow(InstanceClosed);
    leave();
    await lock.free();
  });
});
