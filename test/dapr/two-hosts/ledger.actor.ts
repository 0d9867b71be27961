import {
  Actor,
  ActorType,
  OnReminder,
  type OnActivate,
} from '../../../lib/index.js';

export interface LedgerState {
  entries: string[];
  /** The host that heard the last beat. */
  beatBy: string;
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
    if (!entries.includes(entry))
      this.state.set('entries', [...entries, entry]);
    return hostName();
  }

  @OnReminder('beat')
  beat(): void {
    this.state.set('beatBy', hostName());
  }
}

function hostName(): string {
  return process.env['HOST_NAME'] ?? '';
}
