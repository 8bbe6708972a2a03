/** The half of `@cunzheng/timestamp` that reads files and asks authorities. */
export { type FetchedTimestamp, fetchTimestamp } from './fetch-timestamp.js';
export { formatTimestampQuery } from './format-query.js';
export { readTsaList, type Tsa } from './tsa-list.js';
export { readTsaRoots } from './tsa-roots.js';
