/** A transparency log that this service operates, or has operated. One is open at a time. */
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('log')
export class Log {
  @PrimaryGeneratedColumn('identity', { type: 'smallint', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('text', { unique: true })
  name!: string;

  @Column('text', { unique: true })
  origin!: string;

  /** C2SP signed-note verifier key of the log's Ed25519 key. */
  @Column('text', { name: 'verifier_key' })
  verifierKey!: string;

  @CreateDateColumn({ name: 'opened_at', type: 'timestamptz' })
  openedAt!: Date;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;
}
