import {
  Environment,
  EvaluationError,
  type ASTNode,
} from '@marcbachmann/cel-js';

/** A routing rule that can't be compiled, or an event that it can't be evaluated on. */
export class RoutingRuleError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RoutingRuleError';
  }
}

/** @throws RoutingRuleError where daprd's evaluation fails too: a missing member, a result that is no boolean */
export type EventPredicate = (
  event: Readonly<Record<string, unknown>> | string,
) => boolean;

/**
 * Compiles the `match` of a subscription rule: CEL in its standard environment, as daprd compiles it (pkg/expr/expr.go).
 * Names other than `event` compile, but have no value.
 * @throws RoutingRuleError with the reason; daprd would drop all subscriptions of the app for it, or hang
 * @see https://docs.dapr.io/developing-applications/building-blocks/pubsub/howto-route-messages/#common-expression-language-cel
 */
export function compileRule(match: string): EventPredicate {
  const rule = compile(match);
  return (event) => {
    const result = evaluate(match, rule, event);
    if (typeof result === 'boolean') return result;
    throw new RoutingRuleError(`the rule ${match} gives no boolean`);
  };
}

type Rule = ReturnType<Environment['parse']>;

function compile(match: string): Rule {
  try {
    const rule = environment.parse(match);
    prepare(rule.ast);
    const { valid, error } = rule.check();
    if (!valid) throw error ?? new Error('it does not compile');
    return rule;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n', 1);
    throw new RoutingRuleError(
      `the rule ${match} does not compile: ${reason}`,
      { cause: error },
    );
  }
}

function evaluate(
  match: string,
  rule: Rule,
  event: Readonly<Record<string, unknown>> | string,
): unknown {
  try {
    return rule({ event: celValue(event) });
  } catch (error) {
    // Only the kind of failure and no cause: messages may quote the event.
    const reason =
      error instanceof EvaluationError
        ? error.code.replaceAll('_', ' ')
        : 'evaluation error';
    throw new RoutingRuleError(`the rule ${match} failed: ${reason}`);
  }
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
})
  .registerFunction('string.re2(string): bool', matches)
  .registerFunction('matches(string, string): bool', matches);

/** What cel-go's standard environment has; the compiler here knows more, on which daprd hangs. */
const FUNCTIONS = new Set(
  (
    'all exists exists_one filter has map bool bytes double duration dyn int size string timestamp type uint ' +
    'contains endsWith matches startsWith getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours ' +
    'getMilliseconds getMinutes getMonth getSeconds'
  ).split(' '),
);

/** Refuses functions that daprd lacks, and takes our own `matches` where the compiler's reads the pattern as JavaScript. */
function prepare(node: ASTNode): void {
  if (node.op === 'call' || node.op === 'rcall') {
    const [name] = node.args;
    if (!FUNCTIONS.has(name)) throw new Error(`there is no function "${name}"`);
    if (node.op === 'rcall' && name === 'matches') node.args[0] = 're2';
  }
  nodesOf(node.args).forEach(prepare);
}

function nodesOf(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  return typeof value === 'object' && value !== null && 'op' in value
    ? [value as ASTNode]
    : [];
}

/** Go's regular expressions are RE2: inline flags stand in front, named groups are `(?P<name>…)`. */
function matches(text: string, pattern: string): boolean {
  const [, flags = '', rest] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern)!;
  const source = rest!
    .replaceAll('(?P<', '(?<')
    .replace(/^\\A/, '^')
    .replace(/\\z$/, '$');
  return new RegExp(source, flags).test(text);
}

/**
 * The event as CEL sees it. Objects become Maps, since a member named `constructor` would pass for a class; all numbers
 * are doubles.
 */
function celValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(celValue);
  return new Map(
    Object.entries(value).map(([name, member]) => [name, celValue(member)]),
  );
}
