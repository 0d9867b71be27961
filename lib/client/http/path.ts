import { requireName } from '../name.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';

const PLAIN = /^[\w-]+$/;

/**
 * A name as one part of a path. daprd unescapes each part by itself, so that every name arrives as it is, one with a
 * slash too; a bare `.` or `..` it would take for a step in the path.
 * @param what the name's meaning, for the error: `key`
 * @throws DaprBadRequestError for an empty name and for broken surrogate pairs
 */
export function pathPart(
  operation: string,
  what: string,
  name: string,
): string {
  if (typeof name === 'string' && PLAIN.test(name)) return name;
  requireName(operation, what, name);
  if (name === '.' || name === '..') return name.replaceAll('.', '%2E');
  return encodeURIComponent(name);
}

/** `?consistency=strong&metadata.ttlInSeconds=60`, or '' where there is nothing to say. */
export function queryText(
  operation: string,
  parameters: Readonly<Record<string, string | readonly string[] | undefined>>,
  metadata?: MetadataValues,
): string {
  const pairs: string[] = [];
  for (const [name, value = []] of Object.entries(parameters))
    for (const each of typeof value === 'string' ? [value] : value)
      pairs.push(`${name}=${encodeURIComponent(each)}`);
  for (const [name, value] of Object.entries(
    metadataText(operation, metadata) ?? {},
  ))
    pairs.push(
      `metadata.${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
