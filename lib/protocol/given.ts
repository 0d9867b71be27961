/** Options without the members that are undefined, which say nothing: what they are laid over stays as it was. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
