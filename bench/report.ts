/** One figure of the benchmark: what was measured, against what in the same run, and what we aim at. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is compared with. */
  readonly baseline?: { readonly name: string; readonly value: number };
  /** The ratio to the baseline, or the value itself, must lie on this side. */
  readonly target?: { readonly at: 'least' | 'most'; readonly value: number };
}

const round = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

/** What is held against the target. */
export function ratioOf({ value, baseline }: Figure): number {
  return baseline ? value / baseline.value : value;
}

export function meetsTarget(figure: Figure): boolean | undefined {
  if (!figure.target) return undefined;
  const ratio = ratioOf(figure);
  return figure.target.at === 'least' ? ratio >= figure.target.value : ratio <= figure.target.value;
}

/** Prints a line per figure. */
export function printFigure(figure: Figure): void {
  const { name, value, unit, baseline, target } = figure;
  const compared = baseline
    ? `  = ${round(ratioOf(figure))} of ${round(baseline.value)} (${baseline.name})`
    : '';
  const wanted = target
    ? `  target ${target.at === 'least' ? '≥' : '≤'} ${target.value}  ${meetsTarget(figure) ? 'met' : 'MISSED'}`
    : '';
  console.log(`${name.padEnd(44)} ${round(value).padStart(10)} ${unit}${compared}${wanted}`);
}

/** Writes all figures as JSON under bench-output/ and says where. */
export function saveFigures(figures: readonly Figure[]): void {
  mkdirSync('bench-output', { recursive: true });
  const file = join('bench-output', `${new Date().toISOString().replaceAll(':', '-')}.json`);
  const rows = figures.map((figure) => ({
    ...figure,
    ratio: ratioOf(figure),
    met: meetsTarget(figure) ?? null,
  }));
  writeFileSync(file, `${JSON.stringify({ node: process.version, figures: rows }, null, 2)}\n`);
  console.log(`\nsaved in ${file}`);
}
