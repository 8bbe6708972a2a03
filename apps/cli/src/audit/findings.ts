/** What an audit found wrong, with the place and the way out; after a hundred it has seen enough. */
import { type LogFault, type Place } from './log-fault.js';
import { type FindingSubject, type LogSource } from './log-source.js';

export interface Finding {
  readonly subject: FindingSubject;
  readonly message: string;
  readonly place: Place;
  readonly wayOut: string;
}

const MAX_FINDINGS = 100;

export class Findings {
  readonly list: Finding[] = [];

  constructor(private readonly source: Pick<LogSource, 'wayOut'>) {}

  get isFull(): boolean {
    return this.list.length >= MAX_FINDINGS;
  }

  add(subject: FindingSubject, message: string, place: Place = {}): void {
    if (!this.isFull) this.list.push({ subject, message, place, wayOut: this.source.wayOut[subject] });
  }

  addFault(subject: FindingSubject, fault: LogFault, place: Place = {}): void {
    this.add(subject, fault.message, { ...place, ...fault.place });
  }
}
