/** What is loaded once there is something to verify: the libraries with their cryptography, and what shows their results. */
export { Results } from './results.js';
export { Session } from './session.js';
