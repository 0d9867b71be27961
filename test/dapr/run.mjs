/**
 * Runs the specs that need a real Dapr: `npm run test:dapr [-- --if-present] [-- <Jest's arguments>]`.
 * Without Dapr's binaries it fails, or skips in one line with --if-present.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binaryFolder, missingBinaries, runtimeVersion } from './binaries.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const given = process.argv.slice(2);
const ifPresent = given.includes('--if-present');
const jestArguments = given.filter((argument) => argument !== '--if-present');

const missing = missingBinaries();
if (missing.length > 0) {
  const what = `${missing.join(', ')} not found in ${binaryFolder()}`;
  if (ifPresent) {
    process.stdout.write(`Skipped the specs on real Dapr: ${what}.\n`);
    process.exit(0);
  }
  process.stderr.write(
    `The specs on real Dapr need its binaries: ${what}.\n` +
      'Get them with `dapr init --slim` (https://docs.dapr.io/getting-started/install-dapr-cli/),\n' +
      'or name the folder that holds `.dapr` in DAPR_RUNTIME_PATH.\n',
  );
  process.exit(1);
}

process.stdout.write(`Dapr ${runtimeVersion()} from ${binaryFolder()}\n`);
const scratch = mkdtempSync(join(tmpdir(), 'nestjs-dapr-'));
const jest = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    '--config',
    join(root, 'jest.dapr.config.mjs'),
    ...jestArguments,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, DAPR_SPEC_SCRATCH: scratch },
  },
);
// Ctrl-C reaches Jest by the terminal; this process stays to clean up after it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => jest.kill('SIGTERM'));
jest.on('exit', (code) => {
  const leftovers = killLeftovers();
  if (leftovers.length > 0)
    process.stderr.write(
      `Left running by the specs: ${leftovers.join(', ')}\n`,
    );
  const failed = code !== 0 || leftovers.length > 0;
  if (failed) {
    removeAllButLogs();
    process.stdout.write(`Logs of Dapr: ${scratch}\n`);
  } else rmSync(scratch, { recursive: true, force: true });
  process.exitCode = failed ? code || 1 : 0;
});

/** Every process of the harness has a file `<name>.pid` in the scratch folder until it has ended in good order. */
function killLeftovers() {
  const files = readdirSync(scratch, { recursive: true }).filter((file) =>
    file.endsWith('.pid'),
  );
  for (const file of files)
    try {
      process.kill(
        Number(readFileSync(join(scratch, file), 'utf8')),
        'SIGKILL',
      );
    } catch {
      // It ended with Jest.
    }
  return files;
}

/** Processes that were killed leave their data, some 60 MB of each scheduler. */
function removeAllButLogs() {
  const entries = readdirSync(scratch, {
    recursive: true,
    withFileTypes: true,
  });
  for (const entry of entries)
    if (entry.isFile() && !entry.name.endsWith('.log'))
      rmSync(join(entry.parentPath, entry.name), { force: true });
}
