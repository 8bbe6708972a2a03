/**
 * What only the handler of a request knows and the audit log should say: whose data else were shown, to whom, and how much
 * was taken in. Kept beside the request until its answer leaves.
 */
import ipaddr from 'ipaddr.js';
import { type FastifyRequest } from 'fastify';

/** Data of an organization that is not the caller's own: an entry in that organization's chain. */
export interface Disclosure {
  readonly organizationKey: number;
  /** `supervisor:ORG` or `share:ID`. */
  readonly actor: string;
  readonly subject: readonly string[];
  readonly from: string;
}

export interface AuditNotes {
  readonly disclosures: Disclosure[];
  /** Ids beside those in the path. */
  readonly subject: string[];
  records?: number;
}

const notes = new WeakMap<FastifyRequest, AuditNotes>();

export const notesOf = (request: FastifyRequest): AuditNotes | undefined => notes.get(request);

export function noteDisclosure(request: FastifyRequest, disclosure: Disclosure): void {
  ensureNotes(request).disclosures.push(disclosure);
}

/** How many records the request's own entry stands for, and what they belong to. */
export function noteRecords(request: FastifyRequest, records: number, subject: readonly string[]): void {
  const kept = ensureNotes(request);
  kept.records = records;
  kept.subject.push(...subject);
}

function ensureNotes(request: FastifyRequest): AuditNotes {
  const kept = notes.get(request) ?? { disclosures: [], subject: [] };
  notes.set(request, kept);
  return kept;
}

const IPV4_BITS = 24;
const IPV6_BITS = 48;

/** The network of a stranger: enough to tell one from many, too little to tell who. */
export function coarseNetworkOf(address: string): string {
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') {
    const network = ipaddr.IPv4.networkAddressFromCIDR(`${parsed.toString()}/${IPV4_BITS}`);
    return `${network.toString()}/${IPV4_BITS}`;
  }
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_BITS}`);
  return `${network.toString()}/${IPV6_BITS}`;
}
