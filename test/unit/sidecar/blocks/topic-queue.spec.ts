import { describe, expect, it } from '@jest/globals';
import { TopicQueue } from '../../../../lib/sidecar/blocks/topic-queue.js';

const macrotask = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

describe('the queue of a topic', () => {
  it('keeps what arrives while nobody works, in order', async () => {
    const queue = new TopicQueue<number>();
    for (let n = 0; n < 1000; n += 1) queue.push(n);
    expect(queue.length).toBe(1000);
    const seen: number[] = [];
    queue.join(async (item) => {
      seen.push(item);
      return 'done';
    });
    while (queue.length > 0) await macrotask();
    await macrotask();
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  });

  it('gives a worker one item at a time', async () => {
    const queue = new TopicQueue<string>();
    const seen: string[] = [];
    let finish = (): void => undefined;
    queue.join((item) => {
      seen.push(item);
      return new Promise((resolve) => (finish = () => resolve('done')));
    });
    queue.push('a');
    queue.push('b');
    await macrotask();
    expect(seen).toEqual(['a']);
    finish();
    await macrotask();
    expect(seen).toEqual(['a', 'b']);
  });

  it('gives a worker as many items at a time as it takes', async () => {
    const queue = new TopicQueue<string>();
    const finish = new Map<string, () => void>();
    queue.join(
      (item) =>
        new Promise((resolve) => finish.set(item, () => resolve('done'))),
      2,
    );
    for (const item of ['a', 'b', 'c', 'd']) queue.push(item);
    await macrotask();
    expect([...finish.keys()]).toEqual(['a', 'b']);
    finish.get('b')?.();
    await macrotask();
    expect([...finish.keys()]).toEqual(['a', 'b', 'c']);
  });

  it('lets its workers take turns', async () => {
    const queue = new TopicQueue<number>();
    const seen: string[] = [];
    for (const name of ['x', 'y'])
      queue.join(async (item) => {
        seen.push(`${name}${item}`);
        return 'done';
      });
    for (let n = 0; n < 4; n += 1) {
      queue.push(n);
      await macrotask();
    }
    expect(seen).toEqual(['x0', 'y1', 'x2', 'y3']);
  });

  it('takes back what was not done, before what waits', async () => {
    const queue = new TopicQueue<string>();
    queue.push('a');
    queue.push('b');
    let giveBack = (): void => undefined;
    const leave = queue.join(
      () => new Promise((resolve) => (giveBack = () => resolve('undone'))),
    );
    await macrotask();
    leave();
    expect(queue.isServed).toBe(false);
    giveBack();
    await macrotask();
    expect(queue.length).toBe(2);
    const seen: string[] = [];
    queue.join(async (item) => {
      seen.push(item);
      return 'done';
    });
    await macrotask();
    expect(seen).toEqual(['a', 'b']);
  });
});
