/**
 * `npm run bench:crypto`: what the service's checks around a signature cost, whether they keep the event loop, what
 * encrypting values costs, and how many timestamp tokens are issued. Takes about two minutes.
 */
import { printFigure, saveFigures, type Figure } from '../report.js';
import { measureEventLoop } from './event-loop.js';
import { measureSealing } from './sealing.js';
import { measureTsa } from './tsa.js';
import { measureVerification } from './verification.js';

const figures: Figure[] = [];

function report(measured: readonly Figure[]): void {
  figures.push(...measured);
  measured.forEach(printFigure);
}

report(await measureVerification());
report(measureSealing());
report(await measureEventLoop());
report(await measureTsa());
saveFigures(figures);
