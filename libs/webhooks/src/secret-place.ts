/** Where an endpoint's secret is stored, as its seal names it: one that is moved to another endpoint does not open. */
export const secretPlace = (
  organization: number,
  endpoint: string,
): { readonly organization: number; readonly column: string; readonly id: string } => ({
  organization,
  column: 'webhook_secret.sealed',
  id: endpoint,
});
