import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { compilerOptions } from '../package/compile.js';

/** How the page writes what an instance of these classes has: `client.start`, `getActorId`. */
const PREFIXES: Readonly<Record<string, string>> = {
  AbstractActor: '',
  ActorId: '',
  ActorProxyBuilder: '',
  DaprClient: 'client.',
  DaprServer: 'server.',
};

/** Members of these classes that have members, and are no building blocks. */
const MACHINERY = ['options', 'client', 'daprClient', 'daprServer'];

/** What the documentation of `dapr-client` and `@dapr/dapr` says, and their latest version does not have. */
const DOCUMENTED = [
  'CommunicationProtocol',
  'LockStatus',
  'client.actor.invoke',
  'client.actor.timerCreate',
  'client.actor.timerDelete',
  'client.lock.tryLock',
  'server.startServer',
];

/**
 * The names of the official SDK that code can hold, as the page writes them: its exports, the public members of its main
 * classes (`getActorId`, `client.start`, `DaprClient.create`), those of their building blocks (`client.state.get`), and
 * what its documentation has beside them.
 */
export function namesOfSdk(): string[] {
  const file = 'node_modules/@dapr/dapr/index.d.ts';
  const program = ts.createProgram([file], compilerOptions());
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module ? checker.getExportsOfModule(module) : [];
  const ofClasses = exported
    .filter(({ name }) => name in PREFIXES)
    .flatMap((symbol) => namesOfClass(checker, symbol));
  const names = exported.map(({ name }) => name);
  return [...new Set([...names, ...ofClasses, ...DOCUMENTED])].sort();
}

function namesOfClass(checker: ts.TypeChecker, exported: ts.Symbol): string[] {
  const symbol = checker.getAliasedSymbol(exported);
  const { name } = exported;
  const prefix = PREFIXES[name] ?? '';
  const members = membersOf(checker.getDeclaredTypeOfSymbol(symbol));
  const own = members.flatMap((member) => {
    const inside = membersOf(checker.getTypeOfSymbol(member));
    const isBlock = inside.length > 0 && !MACHINERY.includes(member.name);
    if (prefix === '' || !isBlock) return [member.name];
    return inside.map((each) => `${member.name}.${each.name}`);
  });
  const statics = membersOf(checker.getTypeOfSymbol(symbol));
  return [
    ...own.map((member) => prefix + member),
    ...statics.map((member) => `${name}.${member.name}`),
  ];
}

function membersOf(type: ts.Type): ts.Symbol[] {
  const isPublic = ({ valueDeclaration }: ts.Symbol): boolean =>
    valueDeclaration !== undefined &&
    !(ts.getCombinedModifierFlags(valueDeclaration) & ts.ModifierFlags.Private);
  return type.getProperties().filter(isPublic);
}

/**
 * What a page has a row for: the code in the first cells of its tables. `client.` at the head of a table goes before
 * each of its names that does not begin with a class; `**state**.get` is `state.get`.
 */
export function namesOn(page: string): string[] {
  const names = new Set<string>();
  let prefix = '';
  let isInTable = false;
  for (const line of readFileSync(page, 'utf8').split('\n')) {
    const [, cell] = /^\| (.*?) +\|/.exec(line) ?? [];
    if (cell !== undefined && !isInTable) prefix = PREFIX.exec(cell)?.[1] ?? '';
    isInTable = cell !== undefined;
    for (const name of codeIn(cell ?? ''))
      names.add(/^[a-z]/.test(name) ? prefix + name : name);
  }
  return [...names];
}

const PREFIX = /^`(\w+\.)`$/;

/** The names that code in a cell begins with. */
function codeIn(cell: string): string[] {
  const text = cell.replaceAll('**', '').replaceAll('``', '');
  return [...text.matchAll(/`(?:new )?([\w.]+)[^`]*`/g)].map(
    ([, name = '']) => name,
  );
}
