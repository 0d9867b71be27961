import {
  Actor,
  ActorType,
  OnReminder,
  type OnActivate,
} from '../../../lib/index.js';

export interface LedgerState {
  entries: string[];
  /** How many entries were written. */
  written: number;
  /** The host that heard the last beat, and when, in milliseconds since the epoch. */
  beat: { by: string; at: number };
}

/** Writes down what it is told, each entry once. */
@ActorType('Ledger')
export class LedgerActor extends Actor<LedgerState> implements OnActivate {
  async onActivate(): Promise<void> {
    await this.reminders.set('beat', { dueTime: '1s', period: '1s' });
  }

  /** Returns the host that wrote it. */
  async add(entry: string): Promise<string> {
    const entries = await this.state.get('entries', []);
    const written = await this.state.get('written', 0);
    // One that is not in memory: reads, too, are under way when actors move.
    await this.state.has(entry as 'written');
    if (!entries.includes(entry)) {
      this.state.set('entries', [...entries, entry]);
      this.state.set('written', written + 1);
    }
    return hostName();
  }

  @OnReminder('beat')
  beat(): void {
    this.state.set('beat', { by: hostName(), at: Date.now() });
  }
}

function hostName(): string {
  return process.env['HOST_NAME'] ?? '';
}
