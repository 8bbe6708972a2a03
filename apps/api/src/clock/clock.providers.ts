/** The time that this process dates things with. */
import { type Provider } from '@nestjs/common';
import { type Settings } from '@cunzheng/settings';
import { Database } from '../database/database.js';
import { Clock } from './clock.js';

interface ClockDependencies {
  readonly settings: Settings;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

export const clockProviders = ({ settings, now, onError }: ClockDependencies): Provider[] => [
  {
    provide: Clock,
    inject: [Database],
    useFactory: (database: Database) => new Clock(database, settings, now, onError),
  },
];
