/**
 * Registered signers, their keys and the challenges that prove possession of a key. A signer's row never changes:
 * records refer to it for the identity that was stated when they were accepted.
 */
import { Column, CreateDateColumn, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

@Entity('signer')
export class Signer {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('int')
  organization!: number;

  /** J({name, identifiers?, verification?}). */
  @Column('bytea')
  identity!: Buffer;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

@Entity('signer_key')
export class SignerKey {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  key!: number;

  @Column('int')
  organization!: number;

  @Column('uuid')
  signer!: string;

  @Column('bytea')
  keyid!: Buffer;

  @Column('text')
  alg!: string;

  /** DER SubjectPublicKeyInfo. */
  @Column('bytea')
  spki!: Buffer;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}

@Entity('key_challenge')
export class KeyChallenge {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('int')
  organization!: number;

  @Column('uuid')
  signer!: string;

  @Column('bytea')
  keyid!: Buffer;

  /** The exact bytes to be signed. */
  @Column('bytea')
  message!: Buffer;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt!: Date | null;
}
