import { headerOf, Headers, type HeaderBag } from '../../protocol/headers.js';

/**
 * In which turns a call was made. Dapr's reentrancy id names its chain alone: two calls made at once, and one made within
 * the other, would look the same; and turns that nothing can come back to have none.
 */
export interface Trail {
  /** What names the turns, outermost first. */
  readonly marks: readonly string[];
  /** The actors, as `Type/id`, that no call of this chain can enter before their turns end. */
  readonly held: readonly string[];
  /** Another call of the same actor was under way already in the turn that made this one. */
  readonly isBeside: boolean;
}

// No part of base64url, nor of what encodeURIComponent writes.
const BESIDE = '+';
const HOLDS = '@';
const NEXT = ',';

// daprd takes 4 KiB of headers by default. What is left out of a longer trail is only not recognised.
const LONGEST = 2048;

const NO_TRAIL: Trail = { marks: [], held: [], isBeside: false };

export function trailOf({ headers }: { readonly headers: HeaderBag }): Trail {
  const text = headerOf(headers, Headers.actorTurns);
  if (!text) return NO_TRAIL;
  const isBeside = text.endsWith(BESIDE);
  const entries = (isBeside ? text.slice(0, -1) : text).split(NEXT);
  const parts = entries.map((entry) => entry.split(HOLDS));
  return {
    marks: parts.map(([mark = '']) => mark),
    held: parts.flatMap(([, actor]) => actor ?? []),
    isBeside,
  };
}

/** The header that goes with a call made in a turn. */
export interface TrailEnd {
  /** Of the call that began the turn. */
  readonly headers: HeaderBag;
  readonly mark: string;
  /** The turn's actor, where nothing can enter it; see {@link heldActor}. */
  readonly held: string | undefined;
  readonly isBeside: boolean;
  /** The turn has ended, so none of the turns before waits for the call. */
  readonly isLate: boolean;
}

export function trailText(end: TrailEnd): string {
  const own = end.held === undefined ? end.mark : end.mark + HOLDS + end.held;
  const before = headerOf(end.headers, Headers.actorTurns)?.replace(BESIDE, '');
  const text = shortened(before ? before + NEXT + own : own);
  return (
    (end.isLate ? text.replace(ALL_HELD, '') : text) +
    (end.isBeside ? BESIDE : '')
  );
}

/** An actor in the form in which a trail names it. */
export function heldActor(actorType: string, actorId: string): string {
  return `${encodeURIComponent(actorType)}/${encodeURIComponent(actorId)}`;
}

const ALL_HELD = new RegExp(`${HOLDS}[^${NEXT}]*`, 'g');

function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const start = text.indexOf(NEXT, text.length - LONGEST);
  return start < 0 ? '' : text.slice(start + 1);
}
