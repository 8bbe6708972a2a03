/** Public face of the anchor queue: how the API tells the worker that parcels wait. */
export { AnchorSignals, type AnchorJob } from './anchor-signals.js';
export { consumeAnchorSignals, type AnchorConsumer } from './consumer.js';
export { connectQueue, type QueueConnection } from './connection.js';
export { giveUpAfter } from './give-up.js';
