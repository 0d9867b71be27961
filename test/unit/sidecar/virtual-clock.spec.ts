import { describe, expect, it } from '@jest/globals';
import { DurationError } from '../../../lib/protocol/duration.js';
import { Activity } from '../../../lib/sidecar/activity.js';
import {
  VIRTUAL_START,
  VirtualClock,
} from '../../../lib/sidecar/virtual-clock.js';

const macrotask = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

describe('a virtual clock', () => {
  it('stands still at a fixed time, or at the one that it is given', async () => {
    const clock = new VirtualClock();
    await macrotask();
    expect(clock.now()).toBe(VIRTUAL_START);
    const date = new Date('2030-05-06T07:08:09Z');
    expect(new VirtualClock(date).now()).toBe(date.getTime());
    expect(new VirtualClock(42).now()).toBe(42);
  });

  it('stops at each moment at which something is due, in order', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    const note = (name: string) => () =>
      void seen.push(`${name}@${clock.now()}`);
    clock.schedule(300, note('c'));
    clock.schedule(100, note('a'));
    clock.schedule(200, note('b1'));
    clock.schedule(200, note('b2'));
    clock.schedule(1001, note('late'));
    await clock.advance('1s');
    expect(seen).toEqual(['a@100', 'b1@200', 'b2@200', 'c@300']);
    expect(clock.now()).toBe(1000);
    await clock.advance({ milliseconds: 1 });
    expect(seen.at(-1)).toBe('late@1001');
  });

  it('runs what is scheduled on the way, when it is due on the way', async () => {
    const clock = new VirtualClock(0);
    const ticks: number[] = [];
    const tick = (): void => {
      ticks.push(clock.now());
      clock.schedule(400, tick);
    };
    clock.schedule(400, tick);
    await clock.advance('PT2S');
    expect(ticks).toEqual([400, 800, 1200, 1600, 2000]);
  });

  it('runs what is due at once without being moved, never synchronously', async () => {
    const clock = new VirtualClock(0);
    let runs = 0;
    clock.schedule(0, () => (runs += 1));
    clock.schedule(-5, () => (runs += 1));
    clock.schedule(0, () => (runs += 1)).cancel();
    expect(runs).toBe(0);
    await macrotask();
    expect(runs).toBe(2);
  });

  it('forgets what is cancelled, even at the moment it is due', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.schedule(50, () => void seen.push('never')).cancel();
    clock.schedule(100, () => {
      seen.push('first');
      second.cancel();
    });
    const second = clock.schedule(100, () => void seen.push('second'));
    await clock.advance('1s');
    second.cancel();
    expect(seen).toEqual(['first']);
  });

  it('keeps its order when most of what was scheduled is cancelled', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    for (let n = 1000; n > 0; n -= 1) {
      const call = clock.schedule(n, () => void seen.push(clock.now()));
      if (n % 10 !== 0) call.cancel();
    }
    await clock.advance('2s');
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => (n + 1) * 10));
  });

  it('waits at each moment for what it set off', async () => {
    const clock = new VirtualClock(0);
    const activity = new Activity();
    clock.settleWith(() => activity.settled(500));
    const seen: string[] = [];
    clock.schedule(
      100,
      () =>
        void activity.track(async () => {
          for (let n = 0; n < 5; n += 1) await macrotask();
          seen.push(`work@${clock.now()}`);
        }),
    );
    clock.schedule(200, () => void seen.push(`next@${clock.now()}`));
    await clock.advance('1s');
    expect(seen).toEqual(['work@100', 'next@200']);
  });

  it('is not held by work that waits for the clock itself', async () => {
    const clock = new VirtualClock(0);
    const activity = new Activity();
    clock.settleWith(() => activity.settled(20));
    const done = activity.track(
      () => new Promise<void>((resolve) => clock.schedule(1000, resolve)),
    );
    await clock.advance('1s');
    await done;
    expect(clock.now()).toBe(1000);
  });

  it('is no longer held by whoever has let it go', async () => {
    const clock = new VirtualClock(0);
    const release = clock.settleWith(() => new Promise(() => undefined));
    release();
    await clock.advance('1s');
    expect(clock.now()).toBe(1000);
  });

  it('moves one advance after the other', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    clock.schedule(1500, () => void seen.push(clock.now()));
    await Promise.all([clock.advance('1s'), clock.advance('1s')]);
    expect(seen).toEqual([1500]);
    expect(clock.now()).toBe(2000);
  });

  it('refuses what is no duration, at once', () => {
    const clock = new VirtualClock();
    expect(() => clock.advance('soon')).toThrow(DurationError);
    expect(() => clock.advance('-1s')).toThrow('negative');
  });

  it('passes on what a scheduled call throws, and can be moved after that', async () => {
    const clock = new VirtualClock(0);
    clock.schedule(10, () => {
      throw new Error('broken');
    });
    await expect(clock.advance('1s')).rejects.toThrow('broken');
    await clock.advance('1s');
    expect(clock.now()).toBe(1010);
  });
});
