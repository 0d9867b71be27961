/**
 * Does what a newcomer does: `nest new`, the README's install line, its first example, build, start, one order, Ctrl-C.
 * Needs the package registry. `npm run newcomer [-- <part of an app's name>]`
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = join(import.meta.dirname, '../..');
const schematics = [
  join(root, 'node_modules/.bin/schematics'),
  '@nestjs/schematics:application',
  '--language=ts',
  '--package-manager=npm',
];
const apps = [
  {
    name: 'nest-12-esm',
    create: [...schematics, '--type=esm', '--name=nest-12-esm'],
    nest: 12,
    flags: [],
    asInTemplate: (text) => text,
    testRunner: 'vitest',
  },
  {
    name: 'nest-12-cjs',
    create: [...schematics, '--type=cjs', '--name=nest-12-cjs'],
    nest: 12,
    flags: ['--ignore-scripts'],
    asInTemplate: withoutTopLevelAwait,
    // Before, Jest cannot require ES modules: https://jestjs.io/docs/ecmascript-modules
    testRunner: atLeastNode(24, 9) ? '@jest/globals' : undefined,
  },
  {
    name: 'nest-11-cjs',
    create: [
      'npx',
      '--yes',
      '@nestjs/cli@11',
      'new',
      'nest-11-cjs',
      '--skip-install',
      '--skip-git',
      '--package-manager=npm',
    ],
    nest: 11,
    flags: ['--ignore-scripts'],
    asInTemplate: withoutTopLevelAwait,
  },
];

const scratch = fs.mkdtempSync(join(tmpdir(), 'newcomer-'));
const example = firstExample(fs.readFileSync(join(root, 'README.md'), 'utf8'));
const tarball = pack();
for (const app of apps)
  if (app.name.includes(process.argv[2] ?? '')) await visit(app);
fs.rmSync(scratch, { recursive: true });

async function visit({ name, create, nest, flags, asInTemplate, testRunner }) {
  const folder = join(scratch, name);
  run(scratch, ...create);
  const packages = ['microservices', 'platform-fastify'].map(
    (peer) => `@nestjs/${peer}@${nest}`,
  );
  run(folder, 'npm', 'install', ...flags, tarball, ...packages);
  fs.rmSync(join(folder, 'src'), { recursive: true });
  fs.mkdirSync(join(folder, 'src'));

  for (const [platform, text] of [
    ['Express', example],
    ['Fastify', onFastify(example)],
  ]) {
    fs.writeFileSync(join(folder, 'src/main.ts'), asInTemplate(text));
    run(folder, 'npm', 'run', 'build');
    await startAndStop(folder);
    say(`${name}: the first example runs on ${platform}`);
  }

  if (!testRunner) return;
  const spec = join(import.meta.dirname, 'newcomer.spec.ts');
  const text = fs.readFileSync(spec, 'utf8');
  fs.writeFileSync(
    join(folder, 'src/newcomer.spec.ts'),
    text.replace('@jest/globals', testRunner),
  );
  run(folder, 'npm', 'test');
  say(`${name}: the template's own test runner runs a spec`);
}

async function startAndStop(folder) {
  const port = await freePort();
  const app = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { ...environment(), NODE_ENV: 'development', APP_PORT: String(port) },
  });
  let output = '';
  app.stdout.on('data', (chunk) => (output += chunk));
  app.stderr.on('data', (chunk) => (output += chunk));
  const exited = once(app, 'exit');
  try {
    await eventually(() => order(port));
    await eventually(() =>
      assert.ok(output.includes('alice has 1 in the cart'), 'not delivered'),
    );
    app.kill('SIGINT');
    assert.deepEqual(await exited, [0, null], 'Ctrl-C ends it with 0');
    assert.ok(!/WARN|ERROR/.test(output), 'it warns of nothing');
  } catch (error) {
    app.kill('SIGKILL');
    throw new Error(`${output}\nLeft as it was: ${folder}`, { cause: error });
  }
}

/** What the README's curl does. */
async function order(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"customer":"alice","sku":"book"}',
  });
  assert.equal(answer.status, 201);
}

function firstExample(markdown) {
  const [, block] = /^```ts\n([^]*?)^```$/m.exec(markdown) ?? [];
  assert.ok(block, 'README.md shows TypeScript');
  return block;
}

/** A CommonJS module has no top-level await, so Nest's template starts the app in a function. */
function withoutTopLevelAwait(text) {
  const start = text.indexOf('const app = await');
  assert.ok(start > 0, 'the example starts an app');
  return `${text.slice(0, start)}async function bootstrap() {
${text.slice(start)}}
void bootstrap();
`;
}

function onFastify(text) {
  const create = 'NestFactory.create(AppModule';
  assert.ok(text.includes(create), 'the example creates an app');
  return `import { FastifyAdapter } from '@nestjs/platform-fastify';
${text.replace(create, `${create}, new FastifyAdapter()`)}`;
}

function pack() {
  run(root, 'npm', 'pack', '--pack-destination', scratch);
  const [file] = fs
    .readdirSync(scratch)
    .filter((name) => name.endsWith('.tgz'));
  return join(scratch, file);
}

function run(cwd, command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: environment(),
  });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}${error ?? ''}\nIn ${cwd}\n`);
  throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/** Without what `npm run` adds, which would point a nested npm to this package. */
function environment() {
  const added = /^npm_(config_local_prefix|package_|lifecycle_)|^INIT_CWD$/;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !added.test(name)),
  );
}

async function eventually(attempt) {
  for (const end = Date.now() + 20_000; ; await delay(100)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function atLeastNode(major, minor) {
  const [ours, ourMinor] = process.versions.node.split('.').map(Number);
  return ours > major || (ours === major && ourMinor >= minor);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
