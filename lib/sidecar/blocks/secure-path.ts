import { lstat, readlink } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';

const MOST_LINKS = 255;

/**
 * The path that `name` stands for where `root` is all there is: steps upwards end at the root, and so do links. As
 * github.com/cyphar/filepath-securejoin, by which Dapr's components keep their callers in a folder.
 */
export async function securePath(root: string, name: string): Promise<string> {
  let current: string = sep;
  let links = 0;
  const left = name.replaceAll('/', sep).split(sep);
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    const next = join(sep, current, part);
    const target = await linkAt(root + next);
    if (target === undefined) {
      current = next;
      continue;
    }
    links += 1;
    if (links > MOST_LINKS)
      throw new Error(
        `SecureJoin ${join(root, name)}: too many levels of symbolic links`,
      );
    if (isAbsolute(target)) current = sep;
    left.unshift(...target.split(sep));
  }
  return join(root, current);
}

/** Where the link leads; undefined for what is no link, or not there. */
async function linkAt(path: string): Promise<string | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
