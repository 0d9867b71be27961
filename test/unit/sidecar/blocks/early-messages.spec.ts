import { describe, expect, it } from '@jest/globals';
import { EarlyMessages } from '../../../../lib/sidecar/blocks/early-messages.js';

const early = (topic: string, size: number) => ({
  component: 'pubsub',
  message: { topic, body: Buffer.alloc(size), metadata: {} },
});

describe('messages for applications that have yet to tell what they listen to', () => {
  it('are kept up to a limit of bytes, the first ones, and the loss is said once', () => {
    const lines: string[] = [];
    const messages = new EarlyMessages((line) => lines.push(line), 5000);
    messages.expect('shop');
    for (const topic of ['a', 'b', 'c', 'd']) messages.keep(early(topic, 1000));
    expect(messages.take('shop').map(({ message }) => message.topic)).toEqual([
      'a',
      'b',
    ]);
    expect(lines).toEqual([expect.stringContaining('"shop"')]);
  });

  it('are not kept for applications that nobody expects, nor a second time', () => {
    const messages = new EarlyMessages(() => undefined);
    messages.keep(early('a', 1));
    messages.expect('shop');
    expect(messages.take('shop')).toEqual([]);
    messages.expect('shop');
    messages.keep(early('a', 1));
    expect(messages.take('shop')).toEqual([]);
  });
});
