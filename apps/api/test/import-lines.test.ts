/** Streams cut anywhere give the lines that splitting the whole text gives. */
import fc from 'fast-check';
import { MAX_LINE_BYTES, readParts, type ImportPart } from '../src/imports/import-lines.js';

async function partsOf(chunks: readonly Buffer[]): Promise<ImportPart[]> {
  const parts: ImportPart[] = [];
  for await (const part of readParts(streamOf(chunks))) parts.push(part);
  return parts;
}

async function* streamOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

const linesOf = (parts: readonly ImportPart[]): (string | undefined)[] =>
  parts.flatMap(({ lines }) => lines.map(({ bytes }) => bytes?.toString()));

describe('lines of an import', () => {
  test('however the stream is cut, its lines and their sizes are the same', async () => {
    const chunk = fc.stringMatching(/^[ab\n]{0,12}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 30 }), async (chunks) => {
        const text = chunks.join('');
        const parts = await partsOf(chunks.map((part) => Buffer.from(part)));
        const wanted = text.split('\n');
        if (wanted.at(-1) === '') wanted.pop();
        expect(linesOf(parts)).toEqual(wanted);
        expect(parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(text.length);
        for (const { lines, sizeBytes } of parts)
          expect(lines.reduce((sum, line) => sum + line.sizeBytes, 0)).toBe(sizeBytes);
      }),
    );
  });

  test('a part has at most 1,000 lines, and the last line needs no line end', async () => {
    const parts = await partsOf([Buffer.from('x\n'.repeat(2_500) + 'y')]);
    expect(parts.map(({ lines }) => lines.length)).toEqual([1_000, 1_000, 501]);
    expect(linesOf(parts).at(-1)).toBe('y');
  });

  test('of a line that is too long only the length is kept, and its neighbours are whole', async () => {
    const long = Buffer.alloc(MAX_LINE_BYTES + 1, 'x');
    const parts = await partsOf([Buffer.from('a\n'), long, Buffer.from('\nb\n')]);
    expect(linesOf(parts)).toEqual(['a', undefined, 'b']);
    expect(parts[0]?.sizeBytes).toBe(long.length + 5);
    expect(linesOf(await partsOf([long.subarray(1)]))).toEqual([long.subarray(1).toString()]);
  });
});
