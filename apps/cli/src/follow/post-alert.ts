/** Tells somebody's endpoint of a finding. Bounded in time, and never in the way of the exit code. */
import { type FindingReport } from './finding.js';

const TIMEOUT_MS = 10_000;

/** Undefined when the alert was taken, else why not. */
export async function postAlert(url: string, report: FindingReport): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'cunzheng-follow' },
      body: JSON.stringify(report),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answered ${response.status}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error ? cause.message || message : message;
  }
}
