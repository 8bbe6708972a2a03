/** An API key. Only the SHA-256 of its secret part is kept; `id` is the public part that the key itself carries. */
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity('api_key')
export class ApiKey {
  @PrimaryColumn('text')
  id!: string;

  @Column('int')
  organization!: number;

  @Column('bytea', { name: 'secret_sha256' })
  secretSha256!: Buffer;

  @Column('text', { array: true })
  scopes!: string[];

  @Column('text', { array: true })
  roles!: string[];

  /** Id of the member whose key it is; null for a key of the organization itself. */
  @Column('text', { nullable: true })
  member!: string | null;

  @Column('text')
  label!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
