/**
 * The trace of a block. A block is made from many requests, so it is a trace of its own: its span is linked to theirs, and
 * each of theirs gets a span, `anchor evidence`, that is linked to the block's. One finds the way from either.
 */
import { traced, type Span, type Tracing } from '@cunzheng/telemetry';
import { type BlockStep } from '../metrics/worker-metrics.js';

/** As many links as OpenTelemetry keeps of a span unless it is told otherwise. */
const MAX_LINKS = 128;

const STEP_NAMES: Readonly<Record<BlockStep, string>> = {
  prepare: 'prepare batch',
  append: 'append to ledger',
  tiles: 'write tiles',
  anchor: 'store signed checkpoint',
  publish: 'publish checkpoint',
};

export class BlockTrace {
  private readonly span: Span;
  private readonly followed: readonly Span[];

  constructor(
    private readonly tracing: Tracing,
    parcels: readonly { readonly n: number; readonly traces: string | null }[],
  ) {
    const requests = [...new Set(parcels.flatMap(({ traces }) => traces?.split(' ') ?? []))];
    const links = requests.slice(0, MAX_LINKS);
    const records = parcels.reduce((sum, { n }) => sum + n, 0);
    this.span = tracing.start('anchor block', { links, attributes: { 'cunzheng.records': records } });
    const { traceparent } = this.span;
    this.followed = links.map((parent) =>
      tracing.start('anchor evidence', { parent, links: traceparent === undefined ? [] : [traceparent] }),
    );
  }

  get traceparent(): string | undefined {
    return this.span.traceparent;
  }

  async step<T>(step: BlockStep, work: () => Promise<T>): Promise<T> {
    return await traced(this.tracing, STEP_NAMES[step], { parent: this.traceparent }, work);
  }

  end(height: number): void {
    for (const span of [...this.followed, this.span]) {
      span.set({ 'cunzheng.block.height': height });
      span.end();
    }
  }

  fail(error: unknown): void {
    const type = error instanceof Error ? error.name : 'unknown';
    for (const span of [...this.followed, this.span]) span.end(type);
  }
}
