import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const NAMES = ['daprd', 'placement', 'scheduler'];

/**
 * Where the Dapr CLI puts its binaries: DAPR_RUNTIME_PATH stands for the home folder, as for `dapr --runtime-path`.
 * @see https://docs.dapr.io/reference/environment/
 */
export function binaryFolder() {
  const root = process.env.DAPR_RUNTIME_PATH?.trim() || homedir();
  return join(root, '.dapr', 'bin');
}

/** The binaries that are not there, or may not be run. */
export function missingBinaries(folder = binaryFolder()) {
  return NAMES.filter((name) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

/** `edge` for a build from source. */
export function runtimeVersion(folder = binaryFolder()) {
  const daprd = join(folder, 'daprd');
  return execFileSync(daprd, ['--version'], { encoding: 'utf8' }).trim();
}
