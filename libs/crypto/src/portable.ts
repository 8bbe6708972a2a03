/** The suite that runs anywhere: noble's implementations, in pure JavaScript. */
import { portableDigest } from './digest.js';
import { digestList } from './digest-list.js';
import { signatureList } from './signature-list.js';
import { createSuite, type CryptoSuite } from './suite.js';

export const portableCrypto: CryptoSuite = createSuite(
  digestList.map((definition) => portableDigest(definition)),
  signatureList,
);
