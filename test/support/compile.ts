/** The compiler over a program of the documentation: as strict as with our own, and with the libraries it imports. */
import { parse } from 'node:path';
import ts from 'typescript';

/** The program in `path` (`.mts`) as JavaScript. Throws what the compiler has against it. */
export function compile(path: string): string {
  const { config } = ts.readConfigFile('tsconfig.json', (name) => ts.sys.readFile(name)) as {
    config: object;
  };
  const alone = { ...config, include: [], files: [path] };
  const { options } = ts.parseJsonConfigFileContent(alone, ts.sys, process.cwd());
  const program = ts.createProgram([path], {
    ...options,
    rootDir: parse(path).root,
    incremental: false,
    sourceMap: false,
  });
  const found = ts.getPreEmitDiagnostics(program);
  if (found.length > 0) throw new Error(ts.formatDiagnostics(found, ts.createCompilerHost(options)));
  let compiled = '';
  program.emit(program.getSourceFile(path), (_, text) => (compiled = text));
  return compiled;
}
