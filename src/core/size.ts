/** Amounts of data as people write and read them. */

const UNITS = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 } as const;

/** Bytes of `500MB`, `1.5GB`, `2GiB`, in any case; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?) ?([KMGT]?i?B)$/i.exec(text) ?? [];
  const factor = UNITS[(unit ?? '').toUpperCase() as keyof typeof UNITS];
  return amount === undefined || factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

/** Three digits at most: `1.2 GB`, `340 MB`, `12 kB`. */
export function shortSize(bytes: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ];
  const [size, unit] = steps.find(([least]) => bytes >= least) ?? [1, 'B'];
  const amount = bytes / size;
  return `${amount < 10 && size > 1 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}
