/** Sizes in bytes as people read them, in powers of ten, as file managers and disks do. */
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function formatSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
