/**
 * Reads a policy file, C2SP tlog-policy "Policy file syntax and structure". Whatever the specification does not define is
 * refused, naming the line: a verifier that skipped a line would trust something else than its owner wrote.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import {
  isSamePublicKey,
  parseVerifierKey,
  type VerifierKey,
  type VerifierKeyType,
} from '../checkpoint/verifier-key.js';
import { ReceiptError, type ReceiptErrorCode } from '../errors.js';
import { NO_QUORUM, type Policy, type PolicyGroup, type PolicyLog, type PolicyWitness } from './policy.js';

/** In UTF-16 units; far above the 32 logs, 32 witnesses and 32 groups every implementation must take. */
export const MAX_POLICY_LENGTH = 262_144;

/** C2SP tlog-policy "Public key representation": a type fit for the function. ML-DSA-44 is fit for both. */
const LOG_KEY_TYPES: readonly VerifierKeyType[] = ['ed25519', 'subtree/v1'];
const WITNESS_KEY_TYPES: readonly VerifierKeyType[] = ['cosignature/v1', 'subtree/v1'];

/** The specification allows tab, 0x20…0x7E and, as opaque octets, whatever is not ASCII. */
const FORBIDDEN = /[^\t -~\x80-\uffff]/;

/** Throws ReceiptError `policy-*`. */
export function parsePolicy(crypto: CryptoSuite, text: string): Policy {
  if (text.length > MAX_POLICY_LENGTH) {
    throw new ReceiptError(
      'policy-too-large',
      `expected at most ${MAX_POLICY_LENGTH} characters, got ${text.length}`,
    );
  }
  const reader = new PolicyReader(crypto);
  text.split('\n').forEach((line, index) => {
    reader.readLine(line, index + 1);
  });
  return reader.finish();
}

class PolicyReader {
  private readonly logs: PolicyLog[] = [];
  private readonly witnesses: PolicyWitness[] = [];
  private readonly groups: PolicyGroup[] = [];
  private readonly defined = new Set<string>();
  private readonly grouped = new Set<string>();
  private quorum: string | undefined;
  private lineNumber = 0;

  constructor(private readonly crypto: CryptoSuite) {}

  readLine(line: string, lineNumber: number): void {
    this.lineNumber = lineNumber;
    if (FORBIDDEN.test(line)) this.refuse('policy-character', 'control characters are not allowed');
    const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (keyword === undefined || keyword.startsWith('#')) return;
    if (keyword === 'log') this.readLog(items);
    else if (keyword === 'witness') this.readWitness(items);
    else if (keyword === 'group') this.readGroup(items);
    else if (keyword === 'quorum') this.readQuorum(items);
    else this.refuse('policy-line', 'expected log, witness, group or quorum');
  }

  finish(): Policy {
    const { logs, witnesses, groups, quorum } = this;
    if (quorum === undefined) throw new ReceiptError('policy-quorum', 'expected one quorum line, got none');
    return { logs, witnesses, groups, quorum };
  }

  private readLog([vkey, url, ...rest]: string[]): void {
    if (vkey === undefined || rest.length > 0) this.refuse('policy-line', 'expected log VKEY [URL]');
    const key = this.readKey(vkey, LOG_KEY_TYPES, this.logs, this.witnesses);
    this.logs.push({ key, ...(url === undefined ? {} : { url }) });
  }

  private readWitness([name, vkey, url, ...rest]: string[]): void {
    if (name === undefined || vkey === undefined || rest.length > 0) {
      this.refuse('policy-line', 'expected witness NAME VKEY [URL]');
    }
    this.define(name);
    const key = this.readKey(vkey, WITNESS_KEY_TYPES, this.witnesses, this.logs);
    this.witnesses.push({ name, key, ...(url === undefined ? {} : { url }) });
  }

  private readGroup([name, count, ...members]: string[]): void {
    if (name === undefined || count === undefined || members.length === 0) {
      this.refuse('policy-line', 'expected group NAME all|any|K MEMBER...');
    }
    for (const member of members) this.assertFreeMember(member);
    this.define(name);
    this.groups.push({ name, threshold: this.readThreshold(count, members.length), members });
  }

  private readQuorum([name, ...rest]: string[]): void {
    if (name === undefined || rest.length > 0) this.refuse('policy-line', 'expected quorum NAME');
    if (this.quorum !== undefined) this.refuse('policy-quorum', 'expected one quorum line, got a second');
    if (name !== NO_QUORUM && !this.defined.has(name)) {
      this.refuse('policy-undefined-name', 'expected a witness or group defined on a line before');
    }
    this.quorum = name;
  }

  private readThreshold(count: string, members: number): number {
    if (count === 'all') return members;
    if (count === 'any') return 1;
    const threshold = /^[1-9][0-9]{0,8}$/.test(count) ? Number(count) : 0;
    if (threshold < 1 || threshold > members) {
      this.refuse('policy-group', `expected all, any or 1…${members} of the members`);
    }
    return threshold;
  }

  private readKey(
    vkey: string,
    types: readonly VerifierKeyType[],
    alike: readonly { key: VerifierKey }[],
    others: readonly { key: VerifierKey }[],
  ): VerifierKey {
    const key = this.parseKey(vkey);
    if (!types.includes(key.type)) {
      this.refuse('policy-key', `expected a key of type ${types.join(' or ')}, got ${key.type}`);
    }
    if (alike.some((other) => isSamePublicKey(other.key, key))) {
      this.refuse('policy-duplicate', 'the same public key stands on a line before');
    }
    // A log that witnesses itself, under whatever type of key, adds nobody's word to its own.
    if (others.some((other) => isSamePublicKey(other.key, key))) {
      this.refuse('policy-duplicate', 'the same key stands on a line before, as log and as witness');
    }
    return key;
  }

  private parseKey(vkey: string): VerifierKey {
    try {
      return parseVerifierKey(this.crypto, vkey);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : 'not a vkey';
      return this.refuse('policy-key', detail, cause);
    }
  }

  private define(name: string): void {
    if (name === NO_QUORUM || this.defined.has(name)) {
      this.refuse('policy-duplicate', 'this name is taken by a line before or predefined');
    }
    this.defined.add(name);
  }

  /** Each name may be a member once in the whole policy, so that a witness counts in one way only. */
  private assertFreeMember(member: string): void {
    if (!this.defined.has(member)) {
      this.refuse('policy-undefined-name', 'expected members defined on lines before');
    }
    if (this.grouped.has(member)) this.refuse('policy-group', 'a member already belongs to a group');
    this.grouped.add(member);
  }

  private refuse(code: ReceiptErrorCode, message: string, cause?: unknown): never {
    const text = `policy line ${this.lineNumber}: ${message}`;
    throw new ReceiptError(code, text, cause === undefined ? {} : { cause });
  }
}
