import type { Journal, Outcome } from './journal.js';
import type { ActorIndex, Call, Command, Script } from './script.js';

/** What one turn writes: all of it or nothing, side by side and in order. */
export interface Turn {
  readonly actor: ActorIndex;
  readonly tokens: readonly string[];
  readonly outcome: Outcome;
}

/** The turns of a run, with what their callers were told of them. */
export function turnsOf(
  commands: readonly Command[],
  journal: Journal,
): readonly Turn[] {
  const turns: Turn[] = [];
  for (const command of commands)
    for (const { actor, script } of callsOf(command))
      addTurn(turns, journal, actor, script, []);
  return turns;
}

function callsOf(command: Command): readonly Call[] {
  if (command.kind === 'calls') return command.calls;
  return command.kind === 'host change and back' ? [command.call] : [];
}

/** @param above the turns that the chain is in, outermost first, each with what it has gathered */
function addTurn(
  turns: Turn[],
  journal: Journal,
  actor: ActorIndex,
  script: Script,
  above: readonly { actor: ActorIndex; tokens: string[] }[],
): void {
  const outcome = journal.outcomes.get(script.name);
  // Its caller had failed before.
  if (outcome === undefined) return;
  const own = { actor, tokens: [] as string[] };
  for (const step of script.steps) {
    if (step.kind === 'append') own.tokens.push(step.token);
    if (step.kind === 'throw') break;
    if (step.kind === 'both')
      for (const script of step.scripts)
        addTurn(turns, journal, step.actor, script, [...above, own]);
    if (step.kind !== 'call') continue;
    addTurn(turns, journal, step.actor, step.script, [...above, own]);
    const inner = journal.outcomes.get(step.script.name);
    if (inner !== 'ok' && !step.isCaught) break;
  }
  const outer = above.find((turn) => turn.actor === actor);
  // A reentrant call writes with the turn that it came back to, unless it failed.
  if (!outer) turns.push({ ...own, outcome });
  else if (outcome === 'ok') outer.tokens.push(...own.tokens);
}
