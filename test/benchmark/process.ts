import 'reflect-metadata';
import { Session } from 'node:inspector/promises';
import { writeFile } from 'node:fs/promises';
import type { Ask, Called, Contender, Heap } from './contender.js';

// One contender in a process of its own: node process.js <contender> <serve|client|grpcClient> <sidecar port> [profile file]
const [name, role, sidecarPort, profile] = process.argv.slice(2);
const { contender } = (await import(`./contenders/${name}.js`)) as {
  contender: Contender;
};

const session = profile ? await startProfile() : undefined;
const port = Number(sidecarPort);
const call =
  role === 'client' || role === 'grpcClient'
    ? await contender[role]?.(port)
    : undefined;
const served = role === 'serve' ? await contender.serve?.(port) : undefined;

process.on('message', (ask: Ask) => void answer(ask));
process.on('disconnect', () => void leave());
process.send?.({ served });

async function answer(ask: Ask): Promise<void> {
  if (ask.kind === 'call') return void process.send?.(await callFor(ask));
  if (ask.kind === 'memory') return void process.send?.({ heap: heapUsed() });
  if (ask.kind === 'heap') return void process.send?.(await heapOf(ask.calls));
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
}

async function callFor({
  milliseconds,
  concurrency,
}: Extract<Ask, { kind: 'call' }>): Promise<Called> {
  if (!call) throw new Error(`${name} has no client`);
  const latencies: number[] = [];
  const begin = performance.now();
  const end = begin + milliseconds;
  const worker = async (): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      await call();
      const done = performance.now();
      latencies.push(done - now);
      now = done;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  latencies.sort((left, right) => left - right);
  return {
    count: latencies.length,
    seconds: (performance.now() - begin) / 1000,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}

async function heapOf(calls: number): Promise<Heap> {
  const half = (): Promise<void> => callTimes(calls / 2);
  // What is compiled and cached by then stays.
  await callTimes(calls / 10);
  await half();
  const halfway = heapUsed() / 2 ** 20;
  await half();
  return { halfway, end: heapUsed() / 2 ** 20 };
}

async function callTimes(calls: number): Promise<void> {
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call?.();
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

function heapUsed(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

async function startProfile(): Promise<Session> {
  const inspector = new Session();
  inspector.connect();
  await inspector.post('Profiler.enable');
  await inspector.post('Profiler.start');
  return inspector;
}

async function leave(): Promise<void> {
  if (session && profile) {
    const result = await session.post('Profiler.stop');
    await writeFile(profile, JSON.stringify(result.profile));
  }
  process.exit(0);
}
