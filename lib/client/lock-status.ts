/** What the release of a lock came to. */
export const LockStatus = {
  Success: 0,
  /** Nobody has it: it has run out, or was never taken. */
  LockDoesNotExist: 1,
  LockBelongsToOthers: 2,
  InternalError: 3,
} as const;

export type LockStatus = (typeof LockStatus)[keyof typeof LockStatus];
