/**
 * Row-level security on a connection that belongs to the intake alone: the setting holds for the session and is given
 * anew in front of every statement, in the same pipeline.
 */
import { type Client } from 'pg';

/** Lets the statement behind it reach the rows of these organizations (internal keys), and no others. */
export async function bindOrganizations(client: Client, organizations: readonly number[]): Promise<void> {
  await client.query({
    name: 'set-organizations',
    text: "SELECT set_config('app.organizations', $1, false)",
    values: [[...new Set(organizations)].join(',')],
  });
}
