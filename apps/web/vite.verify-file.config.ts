/**
 * Builds `verify.html`: one file that needs nothing but a browser. Its policy names its one script by hash and allows no
 * connection at all, so that even a mistake in it could not send anything anywhere.
 */
import { createHash } from 'node:crypto';
import { defineConfig, type Plugin, type Rolldown } from 'vite';
import { outDir, shared } from './vite.shared.js';

const hashSource = (text: string): string =>
  `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

function policyOf(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashSource(script)} 'wasm-unsafe-eval'`,
    `style-src ${hashSource(style)}`,
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');
}

/** Puts the one chunk and the one style sheet into the page. */
function inlineEverything(): Plugin {
  return {
    name: 'inline-everything',
    enforce: 'post',
    generateBundle: {
      // After Vite's own plugins, which still write into the script.
      order: 'post',
      handler(_, bundle) {
        const html = Object.values(bundle).find(({ fileName }) => fileName === 'verify.html');
        const chunks = Object.values(bundle).filter(
          (file): file is Rolldown.OutputChunk => file.type === 'chunk',
        );
        const style = Object.values(bundle).find(({ fileName }) => fileName.endsWith('.css'));
        const [chunk, ...more] = chunks;
        if (html?.type !== 'asset' || style?.type !== 'asset' || chunk === undefined || more.length > 0)
          throw new Error('expected verify.html, one style sheet and one script');
        const script = chunk.code.replaceAll('</script', '<\\/script');
        const css = String(style.source);
        html.source = String(html.source)
          .replace(/\s*<script type="module"[^>]*><\/script>/, '')
          .replace(/\s*<link rel="stylesheet"[^>]*>/, () => `\n    <style>${css}</style>`)
          .replace(
            '<meta charset="utf-8" />',
            (charset) =>
              `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policyOf(script, css)}" />`,
          )
          .replace('</body>', () => `  <script type="module">${script}</script>\n  </body>`);
        for (const { fileName } of [chunk, style]) Reflect.deleteProperty(bundle, fileName);
      },
    },
  };
}

export default defineConfig({
  ...shared,
  base: './',
  plugins: [inlineEverything()],
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: false,
    reportCompressedSize: false,
    cssCodeSplit: false,
    rolldownOptions: { input: 'verify.html', output: { codeSplitting: false } },
  },
  worker: { format: 'iife' },
});
