/** One run of `cunzheng notarize`: what was asked for, and what follows from it for every file. */
import { type FingerprintAlgorithm } from '@cunzheng/receipt';
import { type ProgressMode } from '../fingerprint/progress.js';
import { type ServiceOptions } from '../service/open-service.js';
import { type ServiceClient } from '../service/service-client.js';
import { type GlobalOptions } from '../terminal.js';
import { type Signing } from './signed-statement.js';

export interface NotarizeOptions extends ServiceOptions, GlobalOptions {
  readonly algorithm?: readonly FingerprintAlgorithm[];
  readonly title?: string;
  readonly clientRef?: string;
  readonly key?: readonly string[];
  readonly organization?: string;
  readonly certificates?: readonly string[];
  readonly wait: number;
  readonly out?: string;
  readonly progress?: true;
  readonly recursive?: true;
}

export interface Run {
  readonly options: NotarizeOptions;
  readonly several: boolean;
  readonly algorithms: readonly FingerprintAlgorithm[];
  readonly service: ServiceClient;
  readonly progress: ProgressMode;
  readonly signing: Signing | undefined;
}
