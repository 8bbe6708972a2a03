/** The half of `@cunzheng/timestamp` that reads files and asks authorities. */
export { readTsaRoots } from './tsa-roots.js';
