/**
 * Whom the verification believes right now: the logs' own trust that is built in, or one folder of the visitor's. Kept as
 * the texts they are; ./parse-trust.ts makes of them what a receipt is verified with.
 */
import { type KeyWindow, type TrustFiles } from '@cunzheng/receipt';

export interface Operator {
  readonly name?: string;
  readonly creditCode?: string;
  readonly filingNumber?: string;
}

/** What is used of docs/api/public-log.md's `log.v1.json`. It is the operator's word, and the page says so. */
export interface LogDescription {
  readonly name: string;
  readonly origin: string;
  readonly path: string;
  readonly state?: string;
  readonly operator?: Operator;
  /** C2SP tlog-policy. */
  readonly policy: string;
  readonly verifierKeys: readonly KeyWindow[];
  readonly minTimestamps?: number;
  /** PEM. */
  readonly tsaRoots?: string;
}

/** The log's policy, with every key that the log ever had: receipts of an older one are still to be verified. */
export function policyTextOf({ policy, verifierKeys }: LogDescription): string {
  const others = verifierKeys.filter(({ vkey }) => !policy.includes(vkey));
  return `${others.map(({ vkey }) => `log ${vkey}\n`).join('')}${policy}`;
}

export type TrustSource =
  | { readonly kind: 'loading' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'built-in'; readonly logs: readonly LogDescription[] }
  | {
      readonly kind: 'own';
      readonly name: string;
      readonly files: TrustFiles;
      readonly minTimestamps: number;
    };
