import { readFileSync, readdirSync } from 'node:fs';
import { posix, sep } from 'node:path';
import ts from 'typescript';

/** One import or re-export; files are named relative to lib/. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file of the library, or undefined for a package. */
  readonly to: string | undefined;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** `import()`: evaluated only when the line runs. */
  readonly dynamic: boolean;
}

export function importsOfLibrary(): readonly Import[] {
  return readdirSync('lib', { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => importsOf(file));
}

function importsOf(from: string): Import[] {
  const found: Import[] = [];
  const add = (
    literal: ts.Node | undefined,
    kind: { typeOnly: boolean; dynamic: boolean },
  ): void => {
    if (!literal || !ts.isStringLiteralLike(literal)) return;
    const specifier = literal.text;
    const to = specifier.startsWith('.')
      ? posix.join(posix.dirname(from), specifier).replace(/\.(js|ts)$/, '.ts')
      : undefined;
    found.push({ from, specifier, to, ...kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, {
        typeOnly: importsOnlyTypes(node.importClause),
        dynamic: false,
      });
    else if (ts.isExportDeclaration(node))
      add(node.moduleSpecifier, {
        typeOnly: node.isTypeOnly,
        dynamic: false,
      });
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, { typeOnly: true, dynamic: false });
    else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword
    )
      add(node.arguments[0], { typeOnly: false, dynamic: true });
    ts.forEachChild(node, visit);
  };
  visit(
    ts.createSourceFile(
      from,
      readFileSync(`lib/${from}`, 'utf8'),
      ts.ScriptTarget.Latest,
    ),
  );
  return found;
}

function importsOnlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return (
    clause.name === undefined &&
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.every((element) => element.isTypeOnly)
  );
}
