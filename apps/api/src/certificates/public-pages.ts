/** Where this service's pages are on the web: `PUBLIC_URL`, or https and the host that the log's origin names. */
import { parseOrigin } from '@cunzheng/ledger';
import { type PublicLogs } from '../logs/public-logs.js';

export class PublicPages {
  constructor(
    private readonly logs: PublicLogs,
    private readonly publicUrl: string | undefined,
  ) {}

  async verifyPage(logName: string): Promise<string> {
    return `${await this.base(logName)}/`;
  }

  async sharePage(logName: string, token: string): Promise<string> {
    return `${await this.base(logName)}/v/${token}`;
  }

  private async base(logName: string): Promise<string> {
    if (this.publicUrl !== undefined) return this.publicUrl.replace(/\/+$/, '');
    return `https://${parseOrigin((await this.logs.describe(logName)).origin).host}`;
  }
}
