/** A signer's key as paths name it. */
import { z } from 'zod';
import { ProblemError } from '../problems/problem-error.js';

export interface KeyPath {
  readonly signer: string;
  /** Lower-case hex. */
  readonly keyid: string;
}

const keyPath = z.object({ signer: z.uuid().toLowerCase(), keyid: z.string().regex(/^[0-9a-f]{64}$/) });

/** @throws ProblemError `not-found`. */
export function parseKeyPath(signer: string, keyid: string): KeyPath {
  const { data } = keyPath.safeParse({ signer, keyid });
  if (data) return data;
  throw new ProblemError('not-found', 'no such key of this signer in your organization');
}
