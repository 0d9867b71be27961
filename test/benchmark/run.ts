import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Ask, Called, Heap, Memory, Served, Usage } from './contender.js';
import { generate, request, type Load, type LoadResult } from './load.js';
import { startStubSidecar, type StubSidecar } from './stub-sidecar.js';
import { pin } from './pin.js';
import { markdown, type Measure } from './table.js';

const ROUNDS = 5;
// Before each round: V8 drops code and shrinks the heap of a process that idles while the others have their turn.
const WARM_UP = 1000;
const DURATION = 2000;
const CONNECTIONS = 32;

const SERVERS = [
  'bare',
  'nest-express',
  'nest-fastify',
  'ours-express',
  'ours-fastify',
  'ours-own-port',
  'dapr-sdk',
  'nest-dapr',
];
const CLIENTS = ['bare', 'ours-express', 'dapr-sdk'];

const EVENT = JSON.stringify({
  data: { sku: 'book', quantity: 2, customer: 'alice', note: 'a'.repeat(100) },
  datacontenttype: 'application/json',
  id: 'a1b2c3d4-0000-4000-8000-000000000000',
  pubsubname: 'pubsub',
  source: 'shop',
  specversion: '1.0',
  time: '2026-01-01T00:00:00Z',
  topic: 'orders',
  traceid: '00-00000000000000000000000000000000-0000000000000000-00',
  traceparent: '00-00000000000000000000000000000000-0000000000000000-00',
  tracestate: '',
  type: 'com.dapr.event.sent',
});
const CHANGE = '{"quantity":2}';

interface Scenario {
  readonly title: string;
  /** Undefined where the contender has nothing to show. */
  requests(served: Served): Buffer[] | undefined;
}

// Many ids, as in an app: one hot actor would measure its queue.
const ids = Array.from({ length: 500 }, (_, index) => `cart-${index}`);
const actorCall = (id: string, method: string): Buffer =>
  request(
    'PUT',
    `/actors/Cart/${id}/method/${method}`,
    'application/json',
    CHANGE,
  );
const actorCalls = (method: string) => (served: Served) =>
  served.hasActors ? ids.map((id) => actorCall(id, method)) : undefined;

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'Topic delivery',
    requests: (served) => [
      request('POST', served.topicPath, 'application/cloudevents+json', EVENT),
    ],
  },
  { title: 'Actor method', requests: actorCalls('peek') },
  { title: 'Stateful actor turn', requests: actorCalls('add') },
];

interface ClientScenario {
  readonly title: string;
  readonly role: 'client' | 'grpcClient';
  readonly concurrency: number;
}

const IN_FLIGHT = 10_000;
const MANY_CALLS = 1_000_000;
const MANY_ACTORS = 100_000;

const CLIENT_SCENARIOS: readonly ClientScenario[] = [
  {
    title: 'HTTP client call (state.get)',
    role: 'client',
    concurrency: CONNECTIONS,
  },
  {
    title: 'gRPC client call (state.get)',
    role: 'grpcClient',
    concurrency: CONNECTIONS,
  },
  {
    title: 'HTTP client call, 10 000 in flight',
    role: 'client',
    concurrency: IN_FLIGHT,
  },
  {
    title: 'gRPC client call, 10 000 in flight',
    role: 'grpcClient',
    concurrency: IN_FLIGHT,
  },
];

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly served: Served | undefined;
}

const { values } = parse(process.argv.slice(2));
const sidecar = await startStubSidecar();
pin(process.pid, 1);
const tables: string[] = [];
for (const scenario of SCENARIOS)
  if (wanted(scenario.title)) tables.push(await serverTable(scenario));
for (const scenario of CLIENT_SCENARIOS)
  if (wanted(scenario.title)) tables.push(await clientTable(scenario));
if (wanted('Heap over client calls')) tables.push(await heapTable());
if (wanted('Many actors')) tables.push(await manyActorsTable());
sidecar.close();
process.stdout.write(`${header()}\n\n${tables.join('\n\n')}\n`);

function parse(args: readonly string[]): { values: Map<string, string> } {
  const pairs = args.map((arg): [string, string] => {
    const [key = '', value = ''] = arg.replace(/^--/, '').split('=');
    return [key, value];
  });
  return { values: new Map(pairs) };
}

function wanted(title: string): boolean {
  const only = values.get('only');
  return !only || title.toLowerCase().includes(only.toLowerCase());
}

function header(): string {
  return `Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${ROUNDS} interleaved rounds of ${DURATION / 1000} s.`;
}

async function serverTable(scenario: Scenario): Promise<string> {
  const running = await startAll(SERVERS, 'serve');
  const measures = new Map<string, Measure[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of running) {
      const requests = one.served && scenario.requests(one.served);
      if (!one.served || !requests) continue;
      const load = {
        port: one.served.port,
        requests,
        connections: CONNECTIONS,
      };
      await generate({ ...load, milliseconds: WARM_UP });
      sidecar.take();
      const before = await ask<Usage>(one, { kind: 'usage' });
      const result = await generate({ ...load, milliseconds: DURATION });
      const after = await ask<Usage>(one, { kind: 'usage' });
      if (result.failures > 0)
        process.stderr.write(`${one.name}: ${result.failures} failures\n`);
      add(measures, one.name, {
        perSecond: result.count / result.seconds,
        cpuMicros: (after.cpu - before.cpu) / result.count,
        p99: result.p99,
        sidecarCalls: sidecar.take() / result.count,
      });
    }
  }
  await stopAll(running);
  return markdown(scenario.title, measures);
}

async function clientTable({
  title,
  role,
  concurrency,
}: ClientScenario): Promise<string> {
  const running = await startAll(CLIENTS, role);
  const measures = new Map<string, Measure[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of running) {
      const call: Ask = { kind: 'call', milliseconds: DURATION, concurrency };
      await ask<Called>(one, { ...call, milliseconds: WARM_UP });
      const before = await ask<Usage>(one, { kind: 'usage' });
      const result = await ask<Called>(one, call);
      const after = await ask<Usage>(one, { kind: 'usage' });
      add(measures, one.name, {
        perSecond: result.count / result.seconds,
        cpuMicros: (after.cpu - before.cpu) / result.count,
        p99: result.p99,
        sidecarCalls: 1,
      });
    }
  }
  await stopAll(running);
  return markdown(title, measures);
}

async function heapTable(): Promise<string> {
  const rows: string[] = [];
  for (const role of ['client', 'grpcClient'] as const) {
    const client = await start('ours-express', role, sidecar);
    const { halfway, end } = await ask<Heap>(client, {
      kind: 'heap',
      calls: MANY_CALLS,
    });
    await stopAll([client]);
    rows.push(
      `| ${role === 'client' ? 'HTTP' : 'gRPC'} | ${halfway.toFixed(2)} | ${end.toFixed(2)} |`,
    );
  }
  return [
    `### Heap over ${MANY_CALLS.toLocaleString('en')} client calls`,
    '',
    '| protocol | MiB halfway | MiB at the end |',
    '| --- | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/** Whether the other actors of an app cost when one does something. */
async function manyActorsTable(): Promise<string> {
  const calls = peeks(MANY_ACTORS);
  const measures = new Map<string, Measure[]>();
  const measure = async (requests: readonly Buffer[]): Promise<void> => {
    const host = await start('ours-express', 'serve', sidecar);
    await send(host, CONNECTIONS, requests);
    await send(host, CONNECTIONS, requests, { milliseconds: 3 * WARM_UP });
    const before = await ask<Usage>(host, { kind: 'usage' });
    const result = await send(host, CONNECTIONS, requests, {
      milliseconds: DURATION,
    });
    const after = await ask<Usage>(host, { kind: 'usage' });
    await stopAll([host]);
    add(measures, `${requests.length.toLocaleString('en')} of them`, {
      perSecond: result.count / result.seconds,
      cpuMicros: (after.cpu - before.cpu) / result.count,
      p99: result.p99,
      sidecarCalls: 0,
    });
  };
  // In processes of their own: two that do the same may differ by a tenth, by what V8 made of their code.
  for (let round = 0; round < ROUNDS; round++) {
    await measure(calls.slice(0, 1));
    await measure(calls);
  }
  return `${markdown('Many actors (ours-express, method)', measures)}\n\n${await idleActors()}`;
}

/** What an actor costs while it does nothing, and how long a crowd waits for one. */
async function idleActors(): Promise<string> {
  const host = await start('ours-express', 'serve', sidecar);
  await send(host, CONNECTIONS, peeks(500));
  const before = await ask<Memory>(host, { kind: 'memory' });
  await send(host, CONNECTIONS, peeks(MANY_ACTORS));
  const after = await ask<Memory>(host, { kind: 'memory' });
  const bytes = (after.heap - before.heap) / (MANY_ACTORS - 500);
  const crowd = Array.from({ length: 1000 }, () => actorCall('crowd', 'add'));
  const rush = await send(host, crowd.length, crowd);
  await stopAll([host]);
  return (
    `An idle actor takes ${Math.round(bytes)} bytes of heap, its object included. 1 000 concurrent first calls of ` +
    `one id, turns that each write: ${Math.round(rush.seconds * 1000)} ms in all, ${rush.failures} failed.`
  );
}

function peeks(actors: number): Buffer[] {
  return Array.from({ length: actors }, (_, index) =>
    actorCall(`many-${index}`, 'peek'),
  );
}

function send(
  { served }: Running,
  connections: number,
  requests: readonly Buffer[],
  duration: Pick<Load, 'milliseconds'> = {},
): Promise<LoadResult> {
  return generate({
    port: served?.port ?? 0,
    connections,
    requests,
    ...duration,
  });
}

function add(
  measures: Map<string, Measure[]>,
  name: string,
  measure: Measure,
): void {
  measures.set(name, [...(measures.get(name) ?? []), measure]);
}

async function startAll(
  names: readonly string[],
  role: string,
): Promise<Running[]> {
  const running: Running[] = [];
  for (const name of names) running.push(await start(name, role, sidecar));
  return running;
}

async function start(
  name: string,
  role: string,
  { port, grpcPort }: StubSidecar,
): Promise<Running> {
  const profile =
    values.get('profile') === name
      ? [`${name}-${role}-${Date.now()}.cpuprofile`]
      : [];
  const child = fork(
    fileURLToPath(new URL('process.js', import.meta.url)),
    [name, role, String(role === 'grpcClient' ? grpcPort : port), ...profile],
    {
      env: { ...process.env, NODE_ENV: 'production' },
      execArgv: ['--expose-gc'],
    },
  );
  pin(child.pid ?? 0, 0);
  const [message] = (await once(child, 'message')) as [{ served?: Served }];
  return { name, child, served: message.served };
}

async function stopAll(running: readonly Running[]): Promise<void> {
  for (const { child } of running) {
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
  }
}

async function ask<T>({ child }: Running, question: Ask): Promise<T> {
  const answer = once(child, 'message');
  child.send(question);
  const [value] = (await answer) as [T];
  return value;
}
