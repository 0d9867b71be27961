import { execFile } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { compilerOptions } from './compile.js';

const SCRIPT = `
  import { DaprClient } from './client/dapr-client.js';
  import { CommunicationProtocolEnum } from './client/communication-protocol.js';

  const lines = [];
  const failed = (error) => lines.push(error.name + ': ' + error.message);
  try {
    new DaprClient({ communicationProtocol: CommunicationProtocolEnum.GRPC });
  } catch (error) {
    failed(error);
  }
  const client = new DaprClient();
  await client.proxy.create(class {}).catch(failed);
  await client.stop();
  console.log(JSON.stringify(lines));
`;

/** A package is looked for in all folders above, too. */
function placeWithoutGrpc(): string {
  const found = [tmpdir(), homedir()].find((place) => {
    try {
      createRequire(join(place, 'app.js')).resolve('@grpc/grpc-js');
      return false;
    } catch {
      return true;
    }
  });
  if (found) return found;
  throw new Error('@grpc/grpc-js is installed for every folder to be had.');
}

describe('an app without @grpc/grpc-js', () => {
  let folder: string;

  // What the client consists of, with the packages that come with it alone.
  beforeAll(async () => {
    folder = await mkdtemp(join(placeWithoutGrpc(), 'nestjs-dapr-'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const { paths: _, ...options } = compilerOptions();
    for (const part of ['client', 'errors', 'protocol'])
      for (const file of await readdir(join('lib', part), {
        recursive: true,
      })) {
        if (!file.endsWith('.ts')) continue;
        const source = await readFile(join('lib', part, file), 'utf8');
        const compilerOptions = { ...options, module: ts.ModuleKind.ES2022 };
        const { outputText } = ts.transpileModule(source, { compilerOptions });
        const target = join(folder, part, file.replace(/\.ts$/, '.js'));
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, outputText);
      }
    await writeFile(join(folder, 'app.js'), SCRIPT);
    const { dependencies } = JSON.parse(
      await readFile('package.json', 'utf8'),
    ) as { dependencies: object };
    for (const name of Object.keys(dependencies)) {
      const link = join(folder, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(resolve('node_modules', name), link, 'junction');
    }
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has a client over HTTP, and is told what to install for gRPC', async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['app.js'], { cwd: folder });
    const words =
      'DaprConfigurationError: Speaking gRPC needs the package @grpc/grpc-js, which is not installed. Run "npm install @grpc/grpc-js".';
    expect(JSON.parse(stdout)).toEqual([words, words]);
  });
});
