/**
 * `npm run bench:crypto`: what the service's checks around a signature cost, and whether they keep the event loop. Takes
 * about a minute and a half.
 */
import { printFigure, saveFigures, type Figure } from '../report.js';
import { measureEventLoop } from './event-loop.js';
import { measureVerification } from './verification.js';

const figures: Figure[] = [];

function report(measured: readonly Figure[]): void {
  figures.push(...measured);
  measured.forEach(printFigure);
}

report(await measureVerification());
report(await measureEventLoop());
saveFigures(figures);
