import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { removeScratch, scratchFolder } from './control-plane.js';
import { freePort } from './ports.js';
import { startProcess } from './running-process.js';

export interface Postgres {
  /** As `connectionString` of Dapr's components takes it. */
  readonly connectionString: string;
  stop(): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';
const PROGRAMS = ['initdb', 'postgres', 'pg_isready'];
const run = promisify(execFile);

/** A PostgreSQL of its own, in a scratch folder. It refuses to run as root, so root starts it as the user `postgres`. */
export async function startPostgres(): Promise<Postgres> {
  const programs = programFolder();
  const folder = await scratchFolder('postgres');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await handOver(folder);
  const data = join(folder, 'data');
  const command = (program: string, ...args: string[]): [string, string[]] => {
    const file = join(programs, program);
    if (!isRoot) return [file, args];
    const user = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
    return ['setpriv', [...user, file, ...args]];
  };
  await run(
    ...command(
      'initdb',
      `--pgdata=${data}`,
      '--username=dapr',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ),
    { cwd: folder },
  );
  const port = await freePort();
  const [file, args] = command(
    'postgres',
    '-D',
    data,
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    // No socket beside the port, and nothing that outlives the folder.
    '-k',
    '',
    '-F',
  );
  const server = await startProcess({
    name: 'postgres',
    command: file,
    args,
    folder,
    isUp: () => isReady(join(programs, 'pg_isready'), port),
  });
  return {
    connectionString: `host=127.0.0.1 port=${port} user=dapr dbname=postgres`,
    async stop() {
      await server.stop();
      await removeScratch(folder);
    },
  };
}

/** Where the server's programs are: on PATH, or where Debian's package `postgresql` puts those of each version. */
function programFolder(): string {
  const onPath = (process.env.PATH ?? '').split(delimiter);
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const found = [
    ...onPath,
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
  ].find((folder) =>
    PROGRAMS.every((program) => existsSync(join(folder, program))),
  );
  if (found) return found;
  throw new Error(
    `There is no PostgreSQL: no folder of PATH, nor ${DEBIAN}/*/bin, has ${PROGRAMS.join(', ')}. Install it, as with "apt-get install postgresql".`,
  );
}

async function handOver(folder: string): Promise<void> {
  const id = async (flag: string): Promise<number> =>
    Number((await run('id', [flag, 'postgres'])).stdout);
  await chown(folder, await id('-u'), await id('-g'));
  const shared = process.env.DAPR_SPEC_SCRATCH;
  if (shared) await chmod(shared, 0o711);
}

async function isReady(program: string, port: number): Promise<boolean> {
  const address = ['-q', '-h', '127.0.0.1', '-p', String(port)];
  return run(program, address).then(
    () => true,
    () => false,
  );
}
