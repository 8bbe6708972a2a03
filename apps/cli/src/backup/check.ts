/** What one step of a check came to. */
export interface Check {
  readonly name: 'files' | 'database' | 'ledger' | 'checkpoint' | 'records' | 'receipts';
  readonly status: 'passed' | 'failed' | 'not checked';
  readonly detail: string;
}

export const passed = (name: Check['name'], detail: string): Check => ({ name, status: 'passed', detail });
export const failed = (name: Check['name'], detail: string): Check => ({ name, status: 'failed', detail });
export const notChecked = (name: Check['name'], detail: string): Check => ({
  name,
  status: 'not checked',
  detail,
});
