/** A block as PostgreSQL knows it: prepared (its bytes are fixed) and then anchored (under a signed checkpoint). */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('block')
export class Block {
  @PrimaryColumn('smallint')
  log!: number;

  @PrimaryColumn('bigint')
  height!: string;

  @Column('bigint', { name: 'first_index' })
  firstIndex!: string;

  @Column('int')
  count!: number;

  /** J(header), the exact bytes. */
  @Column('bytea')
  header!: Buffer;

  @Column('timestamptz', { name: 'prepared_at' })
  preparedAt!: Date;

  @Column('timestamptz', { name: 'anchored_at', nullable: true })
  anchoredAt!: Date | null;
}
