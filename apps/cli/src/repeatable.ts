/** Options that may be given several times: `--scope a --scope b`. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
