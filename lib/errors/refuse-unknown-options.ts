import { DaprConfigurationError } from './dapr-configuration.error.js';

/**
 * @param owner what took the options, for the message
 * @throws {@link DaprConfigurationError} that names the options that do not exist, and those that do
 */
export function refuseUnknownOptions(
  owner: string,
  known: readonly string[],
  options: unknown,
): void {
  const unknown = Object.keys(options ?? {}).filter(
    (key) => !known.includes(key),
  );
  if (unknown.length === 0) return;
  const names = unknown.map((key) => `"${key}"`).join(', ');
  const remedy =
    known.length > 0
      ? `It knows: ${known.join(', ')}. Correct the name or remove it.`
      : 'It takes no options. Remove it.';
  throw new DaprConfigurationError(
    `${owner} got ${names}, which it does not know. ${remedy}`,
  );
}
