import { randomUUID } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import {
  mkdir,
  readdir,
  readFile,
  rmdir,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { goJson } from '../../protocol/go-json.js';
import { metadataValue } from '../resources/component.js';
import type {
  BindingAnswer,
  BindingRequest,
  OutputBinding,
} from './output-binding.js';
import { securePath } from './secure-path.js';

const FORBIDDEN = ['/proc', '/sys', '/boot', '/var/run/secrets'];

/**
 * Files in a folder, as dapr/components-contrib bindings/localstorage.
 * @see https://docs.dapr.io/reference/components-reference/supported-bindings/localstorage/
 */
export class LocalStorageBinding implements OutputBinding {
  readonly operations = ['create', 'get', 'list', 'delete'];
  private readonly root: string;

  /** @throws Error for a folder that can't be used */
  constructor(metadata: Readonly<Record<string, string>>) {
    this.root = rootOf(metadataValue(metadata, 'rootPath') ?? '');
  }

  async invoke(request: BindingRequest): Promise<BindingAnswer | undefined> {
    const { operation, metadata } = request;
    const name =
      metadata['fileName'] || (operation === 'create' ? randomUUID() : '');
    await saying(`unable to create directory`, 'mkdir', this.root, () =>
      mkdir(this.root, { recursive: true }),
    );
    const path = await saying(
      'error getting absolute path for file',
      'lstat',
      name,
      () => securePath(this.root, name),
    );
    switch (operation) {
      case 'create':
        return this.create(path, contentOf(request.data));
      case 'get':
        return { data: await read(path) };
      case 'list':
        return { data: Buffer.from(goJson(await list(path))) };
      default:
        await saying('error deleting file', 'remove', path, () => remove(path));
        return undefined;
    }
  }

  private async create(path: string, content: Buffer): Promise<BindingAnswer> {
    const folder = dirname(path);
    await saying('error creating directory', 'mkdir', folder, () =>
      mkdir(folder, { recursive: true }),
    );
    await saying('error creating file', 'open', path, () =>
      writeFile(path, content),
    );
    const fileName = relative(this.root, path);
    return { data: Buffer.from(goJson({ fileName })) };
  }
}

/** Links resolved, as far as the folder exists. */
function rootOf(rootPath: string): string {
  if (rootPath === '') throw new Error('the metadata "rootPath" is missing');
  const whole = resolve(rootPath);
  let existing = whole;
  let stats = statSync(existing, { throwIfNoEntry: false });
  while (!stats && existing !== dirname(existing)) {
    existing = dirname(existing);
    stats = statSync(existing, { throwIfNoEntry: false });
  }
  if (stats && !stats.isDirectory())
    throw new Error(
      `the metadata "rootPath" leads to ${existing}, which is a file and no folder`,
    );
  const root = join(realpathSync(existing), whole.slice(existing.length));
  if (FORBIDDEN.some((each) => root === each || root.startsWith(each + sep)))
    throw new Error(
      `the metadata "rootPath" leads to ${root}, where Dapr stores nothing`,
    );
  return root;
}

/** A JSON string is taken for its text, and what is base64 then for its bytes. */
function contentOf(data: Buffer): Buffer {
  const text = unquoted(data.toString());
  const content = text === undefined ? data : Buffer.from(text);
  const base64 = content.toString('latin1').replace(/[\r\n]/g, '');
  return BASE64.test(base64) ? Buffer.from(base64, 'base64') : content;
}

const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function unquoted(text: string): string | undefined {
  if (!text.startsWith('"')) return undefined;
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error(`file not found: ${path}`);
    const [what, call] =
      code === 'EISDIR'
        ? ['error reading file', 'read']
        : ['error opening path', 'open'];
    throw new Error(`${what} ${path}: ${call} ${path}: ${reasonOf(error)}`);
  }
}

/** `null` for a folder without files, as Go writes a list that nothing was added to. */
async function list(folder: string): Promise<string[] | null> {
  const stats = await saying(
    'error getting stats for path',
    'stat',
    folder,
    () => stat(folder),
  );
  if (!stats.isDirectory())
    throw new Error(
      `unable to list files as the file specified is not a directory: ${folder}`,
    );
  const files = await filesIn(folder);
  return files.length === 0 ? null : files;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path)));
    else files.push(path);
  }
  return files;
}

/** A file, or a folder with nothing in it. */
async function remove(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  await (stats?.isDirectory() ? rmdir(path) : unlink(path));
}

/** Runs `work`; what fails is said in Go's words. */
async function saying<T>(
  what: string,
  call: string,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what} ${path}: ${call} ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return 'is a directory';
  // Of a folder to be made.
  if (code === 'EEXIST') return 'not a directory';
  if (code === 'ENAMETOOLONG') return 'file name too long';
  const [, words] = getSystemErrorMap().get(errno ?? 0) ?? [];
  return words ?? message;
}
