/** Lists the rows of test/behaviours.md that no spec names; fails when a spec names a row that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const rows = new Map(
  [
    ...readFileSync(join(root, 'behaviours.md'), 'utf8').matchAll(
      /^\| ([A-Z]\d+) +\| (.+?) +\|$/gm,
    ),
  ].map(([, id, sentence]) => [id, sentence]),
);

const named = new Map();
for (const file of readdirSync(root, { recursive: true })) {
  if (!file.endsWith('.spec.ts')) continue;
  for (const id of idsIn(readFileSync(join(root, file), 'utf8')))
    named.set(id, [...(named.get(id) ?? []), file]);
}

const open = [...rows.keys()].filter((id) => !named.has(id));
const unknown = [...named.keys()].filter((id) => !rows.has(id));

process.stdout.write(
  `${rows.size - open.length} of ${rows.size} behaviours are named by a spec.\n`,
);
for (const id of open)
  process.stdout.write(`  ${id.padEnd(3)} ${rows.get(id)}\n`);
for (const id of unknown)
  process.stderr.write(`Not a row: [${id}] in ${named.get(id).join(', ')}\n`);
process.exitCode = unknown.length > 0 ? 1 : 0;

/** Ids that end a spec's name: `[H2]'`, `[H2] [H3]'` or `[H2, H3]'`. */
function idsIn(source) {
  const endings = source.matchAll(
    /((?:\[[A-Z]\d+(?:, ?[A-Z]\d+)*\] ?)+)['"`]/g,
  );
  return new Set([...endings].flatMap(([ending]) => ending.match(/[A-Z]\d+/g)));
}
