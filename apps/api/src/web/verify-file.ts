/**
 * `verify.html` as this service hands it out: the built file, with the descriptions of its logs written into it as data
 * (no script: the file's policy names its script by hash). Made anew when a log says something new of itself.
 */
import { createPageFile, type PageFile } from './page-files.js';

const DATA_ELEMENT = /(<script type="application\/json" id="logs">)[^<]*(<\/script>)/;

export class VerifyFile {
  private made: { readonly logs: string; readonly file: PageFile } | undefined;

  constructor(
    private readonly template: PageFile,
    private readonly describeLogs: () => Promise<readonly object[]>,
  ) {}

  async read(): Promise<PageFile> {
    // Markup in an operator's name must not end the element.
    const logs = JSON.stringify(await this.describeLogs()).replaceAll('<', '\\u003c');
    if (this.made?.logs !== logs) {
      const html = this.template.body
        .toString('utf8')
        .replace(DATA_ELEMENT, (_, open: string, close: string) => open + logs + close);
      this.made = { logs, file: createPageFile('verify.html', Buffer.from(html)) };
    }
    return this.made.file;
  }
}
