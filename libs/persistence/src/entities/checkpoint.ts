/** A signed checkpoint. The primary key is the fence against two histories: one note for each log and tree size. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('checkpoint')
export class Checkpoint {
  @PrimaryColumn('smallint')
  log!: number;

  @PrimaryColumn('bigint', { name: 'tree_size' })
  treeSize!: string;

  @Column('bigint')
  height!: string;

  @Column('bytea')
  note!: Buffer;

  @Column('timestamptz', { name: 'signed_at' })
  signedAt!: Date;
}
