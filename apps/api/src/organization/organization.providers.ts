/** What an organization's administrators work with. */
import { type Provider } from '@nestjs/common';
import { type Settings } from '@cunzheng/settings';
import { Database } from '../database/database.js';
import { OrganizationLimit } from '../limits/organization-limit.js';
import { Members } from './members.js';
import { OrganizationKeys } from './organization-keys.js';

export const organizationProviders = ({ RECORDS_PER_MINUTE }: Settings): Provider[] => [
  {
    provide: OrganizationLimit,
    inject: [Database],
    useFactory: (database: Database) => new OrganizationLimit(database, RECORDS_PER_MINUTE, Date.now),
  },
  { provide: Members, inject: [Database], useFactory: (database: Database) => new Members(database) },
  {
    provide: OrganizationKeys,
    inject: [Database],
    useFactory: (database: Database) => new OrganizationKeys(database, Date.now),
  },
];
