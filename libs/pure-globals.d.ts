/**
 * The only platform globals the pure libraries may use. `tsconfig.pure.json` compiles them without Node or DOM
 * types, so anything else that leaks in is a compile error.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array): string;
}
