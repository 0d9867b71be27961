import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { turnsOf, type Turn } from './model/expectation.js';
import {
  commands,
  type ActorIndex,
  type Call,
  type Command,
} from './model/script.js';
import { World } from './model/world.js';

const RUNS = Number(process.env['RUNS'] ?? 10_000);
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

describe('actors and a model of them', () => {
  let world: World;
  let runs = 0;

  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('never differ, whatever is called, thrown, cut, put away or failed to be stored [A1] [A2] [A18] [A19]', async () => {
    process.stdout.write(`actors and their model: SEED=${SEED}\n`);
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const run = `r${runs++}`;
        const ids = [`${run}-0`, `${run}-1`] as const;
        await play(all, ids);
        await settle();
        const turns = turnsOf(all, world.journal);
        for (const actor of [0, 1] as const)
          await expectAsModelled(actor, ids[actor], turns);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  }, 600_000);

  async function play(
    all: readonly Command[],
    ids: readonly [string, string],
  ): Promise<void> {
    world.journal.clear();
    for (const command of all) await playOne(command, ids);
  }

  async function playOne(
    command: Command,
    ids: readonly [string, string],
  ): Promise<void> {
    switch (command.kind) {
      case 'calls':
        return playCalls(command.calls, command.amid, ids);
      case 'failing writes':
        return world.failWrites(command.count);
      case 'idle':
        return world.clock.advance('61s');
      case 'reminders':
        return world.clock.advance('10s');
      case 'host change and back':
        await world.crash('host change');
        await playCalls([command.call], 'nothing', ids);
        return world.crash('host change');
      default:
        return world.crash(command.kind);
    }
  }

  async function playCalls(
    calls: readonly Call[],
    amid: Extract<Command, { kind: 'calls' }>['amid'],
    ids: readonly [string, string],
  ): Promise<void> {
    const { journal } = world;
    journal.isCutting = amid !== 'nothing';
    const made = calls.map(({ actor, script }) =>
      journal
        .outcomeOf(script.name, world.actor(ids[actor]).run(script))
        .catch(() => undefined),
    );
    if (amid === 'idle') await world.clock.advance('61s');
    else if (amid !== 'nothing') {
      await new Promise((resolve) => setImmediate(resolve));
      await world.crash(amid);
    }
    await Promise.all(made);
    await world.idle();
    journal.isCutting = false;
  }

  /** From here on nothing fails, and every reminder has fired. */
  async function settle(): Promise<void> {
    world.heal();
    await world.idle();
    if (world.journal.reminders.size > 0) await world.clock.advance('30s');
  }

  async function expectAsModelled(
    actor: ActorIndex,
    id: string,
    turns: readonly Turn[],
  ): Promise<void> {
    const stored = world.stored(id);
    expect(stored).toEqual([...new Set(stored)]);
    let left = stored;
    for (const turn of turns.filter((each) => each.actor === actor)) {
      const [first] = turn.tokens;
      if (first === undefined) continue;
      const at = left.indexOf(first);
      if (turn.outcome === 'ok') expect(left).toContain(first);
      if (turn.outcome === 'failed') expect(left).not.toContain(first);
      if (at < 0) continue;
      const { length } = turn.tokens;
      expect(left.slice(at, at + length)).toEqual(turn.tokens);
      left = [...left.slice(0, at), ...left.slice(at + length)];
    }
    const { reminders } = world.journal;
    for (const name of left) {
      // A reminder whose registration was cut may be there or not.
      expect(reminders.get(name) ?? id).toBe(id);
    }
    for (const [name, of] of reminders)
      if (of === id) expect(left).toContain(name);
    // What the actor has in its cache is what is stored.
    expect(await world.actor(id).log()).toEqual(stored);
  }
});
