import { readFileSync } from 'node:fs';
import ts from 'typescript';

const SKIPPED = ['skip', 'todo', 'failing', 'xit', 'xtest', 'xdescribe'];
// Behaviours are named at the end of a title: test/behaviours.md.
const BEHAVIOURS = /( \[[A-Z]\d+(, ?[A-Z]\d+)*\])+$/;

/**
 * The titles of the specs and groups in a file that run, without the behaviours that they name: those that are skipped,
 * and what is in these, do not count.
 */
export function titlesOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const words = wordsOf(node.expression);
      if (words.some((word) => SKIPPED.includes(word))) return;
      const [title] = node.arguments;
      if (isSpec(words) && title && ts.isStringLiteralLike(title))
        titles.push(title.text.replace(BEHAVIOURS, ''));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return titles;
}

function isSpec([word = '']: readonly string[]): boolean {
  return word === 'it' || word === 'test' || word.startsWith('describe');
}

/** `it.each(table)` is it and each. */
function wordsOf(expression: ts.Expression): string[] {
  if (ts.isIdentifier(expression)) return [expression.text];
  if (ts.isCallExpression(expression)) return wordsOf(expression.expression);
  if (ts.isPropertyAccessExpression(expression))
    return [...wordsOf(expression.expression), expression.name.text];
  return [];
}
