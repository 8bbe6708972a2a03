/** `npm run test:faults`: every campaign in its long form, with progress, a summary of what was counted, and the seed. */
import { randomInt } from 'node:crypto';
import { runCampaigns } from './run.js';

process.exitCode = await runCampaigns(process.argv.slice(2), randomInt(2 ** 32));
