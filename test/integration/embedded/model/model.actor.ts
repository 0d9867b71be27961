import {
  Actor,
  ActorProxyFactory,
  ActorType,
  OnReminder,
} from '../../../../lib/index.js';
import { Journal } from './journal.js';
import type { ActorIndex, Script, Step } from './script.js';

interface ModelState {
  log: string[];
}

/** Does what it is told, and tells the journal what came of it. */
@ActorType('Model', { idleTimeout: '1m', reentrancy: { enabled: true } })
export class ModelActor extends Actor<ModelState> {
  constructor(
    private readonly actors: ActorProxyFactory,
    private readonly journal: Journal,
  ) {
    super();
  }

  async run({ steps }: Script): Promise<string[]> {
    for (const step of steps) await this.take(step);
    return this.log();
  }

  log(): Promise<string[]> {
    return this.state.get('log', []);
  }

  @OnReminder()
  async mark(name: string): Promise<void> {
    const log = await this.log();
    // A reminder whose answer was lost comes again.
    if (!log.includes(name)) this.state.set('log', [...log, name]);
  }

  private async take(step: Step): Promise<void> {
    if (step.kind === 'throw') throw new Error('as planned');
    if (step.kind === 'append')
      return this.state.set('log', [...(await this.log()), step.token]);
    if (step.kind === 'remind') {
      await this.reminders.set(step.name, {
        dueTime: '10s',
        data: step.name,
      });
      return this.journal.registered(step.name, this.id);
    }
    if (step.kind === 'both') {
      const calls = step.scripts.map((script) => this.call(step.actor, script));
      await Promise.allSettled(calls);
      return;
    }
    const outcome = this.call(step.actor, step.script);
    await (step.isCaught ? outcome.catch(() => undefined) : outcome);
  }

  private call(actor: ActorIndex, script: Script): Promise<string[]> {
    const [run] = this.id.split('-');
    const other = this.actors.get<ModelActor>('Model', `${run}-${actor}`);
    return this.journal.outcomeOf(script.name, other.run(script));
  }
}
