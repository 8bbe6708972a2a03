/** What an organization's administrators work with. */
import { type Provider } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Members } from './members.js';
import { OrganizationKeys } from './organization-keys.js';

export const organizationProviders: readonly Provider[] = [
  { provide: Members, inject: [Database], useFactory: (database: Database) => new Members(database) },
  {
    provide: OrganizationKeys,
    inject: [Database],
    useFactory: (database: Database) => new OrganizationKeys(database, Date.now),
  },
];
