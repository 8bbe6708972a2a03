/** Wires the worker together: an application context without HTTP. */
import { Module, type DynamicModule } from '@nestjs/common';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { connectQueue } from '@cunzheng/anchor-queue';
import { establishLog } from './log-key/log-identity.js';
import { Sequencer, type SequencerSettings } from './sequencer/sequencer.js';
import { writeTrustFolder } from './trust/trust-folder.js';
import { Worker } from './worker.js';

export interface WorkerDependencies {
  readonly settings: SequencerSettings;
  readonly pool: Pool;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

@Module({})
export class WorkerModule {
  static create({ settings, pool, logger, now }: WorkerDependencies): DynamicModule {
    const createSequencer = async (): Promise<Sequencer> => {
      const log = await establishLog(pool, settings);
      writeTrustFolder(settings.TRUST_DIR, log.verifierKey);
      return new Sequencer(settings, log, logger, now);
    };
    const createWorker = (sequencer: Sequencer): Worker => {
      const queue = connectQueue({ redisUrl: settings.REDIS_URL, databaseUrl: settings.DATABASE_URL });
      return new Worker(sequencer, queue, pool, logger);
    };
    return {
      module: WorkerModule,
      providers: [
        { provide: Sequencer, useFactory: createSequencer },
        { provide: Worker, inject: [Sequencer], useFactory: createWorker },
      ],
    };
  }
}
