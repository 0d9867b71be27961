import { describe, expect, it } from '@jest/globals';
import { Activity } from '../../../lib/sidecar/activity.js';

const macrotask = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

describe('activity', () => {
  it('is idle at once when nothing is under way', async () => {
    await new Activity().idle();
  });

  it('is idle when all that began has ended, however it ended', async () => {
    const activity = new Activity();
    const seen: string[] = [];
    const failing = activity.track(async () => {
      await macrotask();
      seen.push('failed');
      throw new Error('broken');
    });
    void activity.track(async () => {
      for (let n = 0; n < 3; n += 1) await macrotask();
      seen.push('done');
    });
    const rejected = expect(failing).rejects.toThrow('broken');
    await activity.idle();
    expect(seen).toEqual(['failed', 'done']);
    await rejected;
  });

  it('counts what follows from what ended', async () => {
    const activity = new Activity();
    const seen: string[] = [];
    void activity
      .track(macrotask)
      .then(() => activity.track(macrotask))
      .then(() => void seen.push('second'));
    await activity.idle();
    expect(seen).toEqual(['second']);
  });

  it('is idle while work only waits for time to pass', async () => {
    const activity = new Activity();
    let wake = (): void => undefined;
    const work = activity.track(async () => {
      await activity.rest(
        () => new Promise<void>((resolve) => (wake = resolve)),
      );
      await macrotask();
      return 'done';
    });
    await activity.idle();
    wake();
    await Promise.resolve();
    await activity.idle();
    await expect(work).resolves.toBe('done');
  });

  it('settles when nothing happens any more, though something is under way', async () => {
    const activity = new Activity();
    let finish = (): void => undefined;
    const work = activity.track(
      () => new Promise<void>((resolve) => (finish = resolve)),
    );
    await activity.settled(10);
    finish();
    await work;
  });
});
