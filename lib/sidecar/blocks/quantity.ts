const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/**
 * The whole number that a quantity of Kubernetes stands for, such as `100Mi`, `5k` or `1e3`, rounded up; undefined for
 * any other text.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string): number | undefined {
  const [, digits, unit = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([KMGTPE]i|[mkMGTPE]|)$/.exec(
      text,
    ) ?? [];
  if (digits === undefined) return undefined;
  if (unit === 'm') return Math.ceil(Number(digits) / 1000);
  const isBinary = unit.endsWith('i');
  const power = UNITS.indexOf(unit === 'Ki' ? 'k' : unit.charAt(0));
  return Math.ceil(Number(digits) * (isBinary ? 1024 : 1000) ** power);
}
