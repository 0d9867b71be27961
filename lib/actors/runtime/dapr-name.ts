// What daprd's API refuses in a path (pkg/api/http/actors.go).
const FORBIDDEN = /[#?\\/\p{Cc}]|^\.{0,2}$/u;

/** Whether Dapr takes an actor type, a timer or a reminder of that name. */
export function isDaprName(name: string): boolean {
  return !FORBIDDEN.test(name);
}
