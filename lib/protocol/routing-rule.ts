export class RoutingRuleError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RoutingRuleError';
  }
}

export type EventPredicate = (
  event: Readonly<Record<string, unknown>>,
) => boolean;

export function compileRule(match: string): EventPredicate {
  return () => match !== '';
}
