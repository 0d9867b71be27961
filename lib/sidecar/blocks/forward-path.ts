import { normalizeMethod } from '../http/names.js';

// What Go leaves as it is in a path: net/url, validEncoded.
const PLAIN = /[^\w\-.~!$&'()*+,;=:@/[\]%]/gu;

/**
 * The path on the called application for an unescaped method name: cleaned, and escaped anew. An escape that is still
 * in it is taken for one.
 * @throws Error in daprd's words
 */
export function forwardPath(method: string): string {
  const path = normalizeMethod(method).replace(/^\/+/, '');
  const broken = /%(?![0-9a-f]{2}).{0,2}/i.exec(path);
  if (broken) throw new Error(`invalid URL escape "${broken[0]}"`);
  return `/${path.replace(PLAIN, encodeURIComponent)}`;
}
