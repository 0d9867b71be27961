import type { StoredValue } from './state-store.js';

/** A query as the state API takes it: https://docs.dapr.io/developing-applications/building-blocks/state-management/howto-state-query-api/ */
export interface StateQuery {
  readonly matches: (value: unknown) => boolean;
  readonly sort: readonly { readonly key: string; readonly order: 1 | -1 }[];
  readonly limit: number;
  readonly offset: number;
}

export interface QueryItem {
  readonly key: string;
  /** JSON text. */
  readonly data: string;
  readonly etag: string;
}

export interface QueryResult {
  readonly items: readonly QueryItem[];
  /** Where the next page begins; undefined when no page was asked for. */
  readonly token?: string;
}

/** @throws Error in the words of components-contrib's state/query */
export function readQuery(json: unknown): StateQuery {
  const { filter, sort, page } = asMap(json, 'query must be a map');
  const { limit, token } = asMap(page ?? {}, 'page must be a map');
  return {
    matches: isEmpty(filter) ? () => true : readFilter(filter),
    sort: (Array.isArray(sort) ? sort : []).map((entry) => {
      const { key, order } = asMap(entry, 'sort unit must be a map');
      return { key: String(key), order: order === 'DESC' ? -1 : 1 };
    }),
    limit: typeof limit === 'number' ? limit : 0,
    offset: readToken(token),
  };
}

export function runQuery(
  entries: Iterable<readonly [key: string, item: StoredValue]>,
  query: StateQuery,
): QueryResult {
  const found = [];
  for (const [key, item] of entries) {
    const data = jsonOf(item);
    const value: unknown = JSON.parse(data);
    if (query.matches(value)) found.push({ key, data, etag: item.etag, value });
  }
  found.sort((one, other) => {
    for (const { key, order } of query.sort) {
      const difference = compare(at(one.value, key), at(other.value, key));
      if (difference !== 0) return order * difference;
    }
    return 0;
  });
  const end = query.limit > 0 ? query.offset + query.limit : found.length;
  const page = found.slice(query.offset, end);
  return {
    items: page.map(({ value: _value, ...item }) => item),
    ...(query.limit > 0 && { token: String(query.offset + page.length) }),
  };
}

/** PostgreSQL keeps bytes as base64, and that is what its queries see. */
function jsonOf({ value, isOpaque }: StoredValue): string {
  return isOpaque ? JSON.stringify(value.toString('base64')) : value.toString();
}

type Test = (value: unknown) => boolean;
type Comparison = (field: unknown, operand: unknown) => boolean;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  EQ: equals,
  NEQ: (field, operand) => !equals(field, operand),
  GT: (field, operand) => precedes(operand, field),
  GTE: (field, operand) => precedes(operand, field) || equals(field, operand),
  LT: precedes,
  LTE: (field, operand) => precedes(field, operand) || equals(field, operand),
};

function readFilter(filter: unknown): Test {
  const entries = Object.entries(asMap(filter, 'filter unit must be a map'));
  const [first] = entries;
  if (!first || entries.length !== 1)
    throw new Error('filter unit must have a single element');
  const [operator, operand] = first;
  if (operator === 'AND' || operator === 'OR') {
    const tests = readFilters(operator, operand);
    return operator === 'AND'
      ? (value) => tests.every((test) => test(value))
      : (value) => tests.some((test) => test(value));
  }
  if (operator === 'IN') {
    const [key, values] = readPair(operator, operand);
    if (!Array.isArray(values))
      throw new Error('IN filter value must be an array');
    if (values.length === 0)
      throw new Error(`empty IN operator for key ${JSON.stringify(key)}`);
    return (value) =>
      values.some((candidate) => equals(at(value, key), candidate));
  }
  const compare = COMPARISONS[operator];
  if (!compare)
    throw new Error(`unsupported filter ${JSON.stringify(operator)}`);
  const [key, expected] = readPair(operator, operand);
  return (value) => {
    const field = at(value, key);
    // As in SQL, a field that is not there matches nothing, not even NEQ.
    return field !== undefined && field !== null && compare(field, expected);
  };
}

function readFilters(operator: string, operand: unknown): Test[] {
  if (!Array.isArray(operand))
    throw new Error(`${operator} filter must be an array`);
  if (operand.length < 2)
    throw new Error(`${operator} filter must contain at least two entries`);
  return operand.map(readFilter);
}

function readPair(operator: string, operand: unknown): [string, unknown] {
  const entries = Object.entries(
    asMap(operand, `${operator} filter must be a map`),
  );
  const [pair] = entries;
  if (!pair || entries.length !== 1)
    throw new Error(`${operator} filter must contain a single key/value pair`);
  return pair;
}

function readToken(token: unknown): number {
  if (token === undefined || token === null || token === '') return 0;
  if (typeof token !== 'string') throw new Error('page token must be a text');
  if (!/^\d+$/.test(token))
    throw new Error(
      `strconv.ParseInt: parsing ${JSON.stringify(token)}: invalid syntax`,
    );
  return Number(token);
}

/** The member that a dotted path names. */
function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (part, name) =>
        typeof part === 'object' && part !== null && Object.hasOwn(part, name)
          ? (part as Record<string, unknown>)[name]
          : undefined,
      value,
    );
}

/** PostgreSQL compares a member as text, so 1 equals "1". */
function equals(one: unknown, other: unknown): boolean {
  return asText(one) === asText(other);
}

/** As in PostgreSQL, values without such a member come after all that have it. */
function compare(one: unknown, other: unknown): number {
  const [isOneAbsent, isOtherAbsent] = [one == null, other == null];
  if (isOneAbsent || isOtherAbsent)
    return Number(isOneAbsent) - Number(isOtherAbsent);
  if (precedes(one, other)) return -1;
  return precedes(other, one) ? 1 : 0;
}

function precedes(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one < other;
  return asText(one) < asText(other);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function asMap(value: unknown, message: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(message);
  return value as Record<string, unknown>;
}

function isEmpty(filter: unknown): boolean {
  if (filter === undefined || filter === null) return true;
  return typeof filter === 'object' && Object.keys(filter).length === 0;
}
