/** How the story is told: numbered chapters, plain sentences, and every claim checked as it is made. */

export interface Story {
  chapter(title: string): void;
  /** A paragraph. */
  say(...lines: string[]): void;
  /** Lines set apart: commands, output, tables. */
  quote(...lines: string[]): void;
  /** Tells whether what was announced is what happened. */
  expect(holds: boolean, claim: string, otherwise?: string): void;
  readonly differences: number;
  /** Since the start of the demo. */
  seconds(): string;
}

export function createStory(startedAt: number): Story {
  let chapters = 0;
  let differences = 0;
  return {
    chapter(title) {
      chapters += 1;
      const heading = `${chapters}. ${title}`;
      console.log(`\n${heading}\n${'─'.repeat(columnsOf(heading))}`);
    },
    say(...lines) {
      console.log(lines.join('\n'));
    },
    quote(...lines) {
      console.log(lines.map((line) => `    ${line}`.trimEnd()).join('\n'));
    },
    expect(holds, claim, otherwise) {
      if (!holds) differences += 1;
      console.log(
        holds ? `  ✓ ${claim}` : `  ✗ DIFFERS: ${claim}${otherwise === undefined ? '' : ` — ${otherwise}`}`,
      );
    },
    get differences() {
      return differences;
    },
    seconds: () => ((performance.now() - startedAt) / 1_000).toFixed(1),
  };
}

/** Chinese characters take two columns. */
function columnsOf(text: string): number {
  return Array.from(text).reduce(
    (columns, character) => columns + (/[\u2e80-\uffe6]/.test(character) ? 2 : 1),
    0,
  );
}

/** `text` filled up to so many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(columns - columnsOf(text), 0));
}
