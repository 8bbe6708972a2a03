/**
 * The only platform globals the pure libraries may use. `tsconfig.pure.json` compiles them without Node or DOM
 * types, so anything else that leaks in is a compile error.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
/** Verification by the platform, in browsers and in Node alike; @cunzheng/x509 is the only user. */
declare const crypto: {
  readonly subtle: {
    importKey(
      format: 'spki',
      key: Uint8Array<ArrayBuffer>,
      algorithm: { readonly name: string; readonly hash?: string; readonly namedCurve?: string },
      extractable: boolean,
      usages: 'verify'[],
    ): Promise<object>;
    verify(
      algorithm: { readonly name: string; readonly hash?: string; readonly saltLength?: number },
      key: object,
      signature: Uint8Array<ArrayBuffer>,
      message: Uint8Array<ArrayBuffer>,
    ): Promise<boolean>;
  };
};
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array): string;
}
