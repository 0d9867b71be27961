import { ANY } from '../actor-callbacks.decorator.js';
import type { ActorMethod, HostedType } from './hosted-type.js';

type Kind = 'timer' | 'reminder';

/** What takes a timer or reminder of that name. */
export function scheduleMethod(
  type: HostedType,
  kind: Kind,
  name: string,
  callback = '',
): ActorMethod | undefined {
  return kind === 'reminder'
    ? (type.reminders.get(name) ?? type.reminders.get(ANY))
    : (type.timers.get(name) ?? type.methods.get(callback));
}

export function missingHandler(
  type: HostedType,
  kind: Kind,
  name: string,
  callback = '',
): string {
  const decorator = kind === 'timer' ? 'OnTimer' : 'OnReminder';
  const other =
    callback && kind === 'timer'
      ? `, nor a callable method ${callback} as its callback asks`
      : '';
  return `Actor type ${type.name} has no @${decorator}('${name}')${other}. Add the handler, or remove the ${kind}.`;
}
