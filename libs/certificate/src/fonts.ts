/**
 * The two faces of Noto Sans SC (SIL Open Font License) that certificates are set in, read once a process. The PDF holds
 * the glyphs it uses, so it looks the same on every machine.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create } from 'fontkit';

const FACES = {
  regular: '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans-sc/600SemiBold/NotoSansSC_600SemiBold.ttf',
} as const;

export interface Fonts {
  readonly regular: Buffer;
  readonly bold: Buffer;
  /** Code points that both faces can show. */
  readonly glyphs: ReadonlySet<number>;
}

let loaded: Fonts | undefined;

export function loadFonts(): Fonts {
  loaded ??= readFonts();
  return loaded;
}

function readFonts(): Fonts {
  const { resolve } = createRequire(import.meta.url);
  const regular = readFileSync(resolve(FACES.regular));
  const bold = readFileSync(resolve(FACES.bold));
  const inBold = new Set(codePointsOf(bold));
  return {
    regular,
    bold,
    glyphs: new Set(codePointsOf(regular).filter((codePoint) => inBold.has(codePoint))),
  };
}

function codePointsOf(face: Buffer): number[] {
  const font = create(face);
  if ('fonts' in font) throw new Error('expected a single font, got a collection');
  return font.characterSet;
}
