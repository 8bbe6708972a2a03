/** The algorithm registry of `@cunzheng/crypto` over node:crypto. */
export { nativeCrypto, verifyInThreadPool } from './native.js';
