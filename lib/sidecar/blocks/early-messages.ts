import type { Message } from './topic-message.js';

/** A message, and the name of the component that it was published on. */
export interface EarlyMessage {
  readonly component: string;
  readonly message: Message;
}

interface Mailbox {
  readonly messages: EarlyMessage[];
  bytes: number;
  /** Sidecars that wait for the application. */
  expecting: number;
}

// For all that is kept of a message beside its body.
const OVERHEAD = 1024;

/**
 * What is published before an application has told, for the first time, what it listens to. daprd drops that; here the
 * application that publishes while it starts would never see its own first messages.
 */
export class EarlyMessages {
  private readonly mailboxes = new Map<string, Mailbox>();
  private readonly told = new Set<string>();

  /** `limit`: bytes for one application; what comes when it is full is lost to that application. */
  constructor(
    private readonly warn: (line: string) => void,
    private readonly limit = 64 * 1024 * 1024,
  ) {}

  /** A sidecar waits for the application. Returns how to say that it does no longer. */
  expect(appId: string): () => void {
    if (this.told.has(appId)) return () => undefined;
    const mailbox = this.mailboxes.get(appId) ?? {
      messages: [],
      bytes: 0,
      expecting: 0,
    };
    mailbox.expecting += 1;
    this.mailboxes.set(appId, mailbox);
    return () => {
      mailbox.expecting -= 1;
      if (mailbox.expecting === 0 && this.mailboxes.get(appId) === mailbox)
        this.mailboxes.delete(appId);
    };
  }

  /** Keeps the message for every application that has yet to tell. */
  keep(early: EarlyMessage): void {
    for (const [appId, mailbox] of this.mailboxes) {
      const wasFull = mailbox.bytes > this.limit;
      mailbox.bytes += early.message.body.length + OVERHEAD;
      if (mailbox.bytes <= this.limit) mailbox.messages.push(early);
      else if (!wasFull)
        this.warn(
          `What is published from now on is lost to application "${appId}" until it has told what it listens to: too much waits for it already.`,
        );
    }
  }

  /** The application has told: what has waited for it, in order. From now on nothing does. */
  take(appId: string): readonly EarlyMessage[] {
    const messages = this.mailboxes.get(appId)?.messages ?? [];
    this.mailboxes.delete(appId);
    this.told.add(appId);
    return messages;
  }
}
