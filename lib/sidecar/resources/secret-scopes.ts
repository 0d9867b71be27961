import type { Fields } from './fields.js';
import type { Manifest } from './manifests.js';

/** Which secrets of a store the applications may read. */
export interface SecretScope {
  readonly storeName: string;
  readonly isDenied: boolean;
  /** Where there are some, no others. */
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
}

/** @see https://docs.dapr.io/operations/configuration/secret-scope/ */
export function readSecretScopes(
  configurations: readonly Manifest[],
): SecretScope[] {
  const scopes: SecretScope[] = [];
  for (const { fields } of configurations)
    for (const item of fields.fields('spec').fields('secrets').list('scopes')) {
      const scope = readScope(item);
      if (scopes.some(({ storeName }) => storeName === scope.storeName))
        item.fail('storeName', `"${scope.storeName}" has scopes already`);
      scopes.push(scope);
    }
  return scopes;
}

function readScope(item: Fields): SecretScope {
  const access = item.text('defaultAccess')?.toLowerCase() || 'allow';
  if (access !== 'allow' && access !== 'deny')
    item.fail('defaultAccess', 'must be allow or deny');
  return {
    storeName: item.requiredText('storeName'),
    isDenied: access === 'deny',
    allowed: item.texts('allowedSecrets'),
    denied: item.texts('deniedSecrets'),
  };
}

/** As dapr's pkg/config decides it (SecretsScope.IsSecretAllowed). */
export function isSecretAllowed(
  scopes: readonly SecretScope[],
  storeName: string,
  secret: string,
): boolean {
  const scope = scopes.find((each) => each.storeName === storeName);
  if (!scope) return true;
  const { isDenied, allowed, denied } = scope;
  if (allowed.length > 0) return allowed.includes(secret);
  return !isDenied && !denied.includes(secret);
}
