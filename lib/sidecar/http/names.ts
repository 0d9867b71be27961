import { posix } from 'node:path';

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Actor types, ids, and names of timers and reminders: they become one segment of a path (dapr/dapr pkg/messaging/method).
 * @throws Error in daprd's words
 */
export function checkName(name: string): void {
  if (/[#?\0/\\]/.test(name))
    throw new Error(`name contains forbidden character: ${quote(name)}`);
  refuseControl('name', name);
  if (name === '.' || name === '..')
    throw new Error(`name is a path traversal sequence: ${quote(name)}`);
}

/**
 * The name of a method, which may have slashes, as the path that it becomes.
 * @throws Error in daprd's words
 */
export function normalizeMethod(method: string): string {
  if (/[#?\0]/.test(method))
    throw new Error(`method contains forbidden character: ${quote(method)}`);
  refuseControl('method', method);
  const path = posix.normalize(method).replace(/^(\.\.\/)+|\/$/g, '');
  return path === '.' || path === '..' ? '' : path;
}

function refuseControl(what: string, text: string): void {
  const found = CONTROL.exec(text);
  if (!found) return;
  const position = Buffer.byteLength(text.slice(0, found.index));
  throw new Error(
    `${what} contains control character at position ${position}: ${quote(text)}`,
  );
}

/** As Go's %q: control characters as \x1f where they have no letter. */
function quote(text: string): string {
  return JSON.stringify(text)
    .replace(/\\u00([0-9a-f]{2})/g, '\\x$1')
    .replaceAll('\u007f', '\\x7f');
}
