import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const SOURCE = resolve('lib/protocol/proto');

let output: string;

beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'nestjs-dapr-proto-'));
  const tools = resolve('node_modules/.bin');
  await promisify(execFile)(
    join(tools, 'buf'),
    [
      'generate',
      SOURCE,
      '--template',
      join(SOURCE, 'buf.gen.yaml'),
      '--output',
      output,
    ],
    {
      env: { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH}` },
    },
  );
});

afterAll(() => rm(output, { recursive: true, force: true }));

it('what is generated from the .proto files is current; else run "npm run proto"', async () => {
  expect(await filesOf(SOURCE)).toEqual(await filesOf(output));
});

async function filesOf(folder: string): Promise<Record<string, string>> {
  const generated = join(folder, 'generated');
  const entries = await readdir(generated, {
    recursive: true,
    withFileTypes: true,
  });
  const files = entries.filter((entry) => entry.isFile());
  const contents = files.map(async (file) => {
    const path = join(file.parentPath, file.name);
    return [path.slice(generated.length), await readFile(path, 'utf8')];
  });
  return Object.fromEntries(await Promise.all(contents)) as Record<
    string,
    string
  >;
}
