import { describe, expect, it } from '@jest/globals';
import {
  heldActor,
  trailOf,
  trailText,
} from '../../../lib/actors/runtime/trail.js';

const HEADER = 'x-nestjs-dapr-turns';

const end = (mark: string, more = {}) => ({
  headers: {},
  mark,
  held: undefined,
  isBeside: false,
  isLate: false,
  ...more,
});

describe('the trail of a call of an actor', () => {
  it('tells the turns that it was made in, outermost first, and the actors that they hold', () => {
    const held = heldActor('Cart', 'a,b@c+d/é');
    const first = trailText(end('one', { held }));
    const headers = { [HEADER]: first };
    const second = trailText(end('two', { headers, isBeside: true }));
    expect(trailOf({ headers: { [HEADER]: second } })).toEqual({
      marks: ['one', 'two'],
      held: [held],
      isBeside: true,
    });
    expect(held).not.toBe(heldActor('Cart', 'a'));
  });

  it('is empty where the caller tells none', () => {
    for (const headers of [{}, { [HEADER]: '' }])
      expect(trailOf({ headers })).toEqual({
        marks: [],
        held: [],
        isBeside: false,
      });
  });

  it('holds no actor any more once the turn has ended', () => {
    const headers = { [HEADER]: `one@${heldActor('Cart', 'a')}+` };
    const late = trailText(end('two', { headers, isLate: true }));
    expect(trailOf({ headers: { [HEADER]: late } })).toEqual({
      marks: ['one', 'two'],
      held: [],
      isBeside: false,
    });
  });

  it('keeps the newest turns where it grows too long for a header', () => {
    let headers = {};
    for (let turn = 0; turn < 200; turn++) {
      const held = heldActor('Cart', `cart-${turn}`);
      headers = { [HEADER]: trailText(end(`mark-${turn}`, { headers, held })) };
    }
    const { marks, held } = trailOf({ headers });
    expect(Object.values(headers).join().length).toBeLessThanOrEqual(2048);
    expect(marks.length).toBeGreaterThan(50);
    expect(marks.at(-1)).toBe('mark-199');
    expect(held[0]).toBe(marks[0]?.replace('mark-', 'Cart/cart-'));
  });
});
