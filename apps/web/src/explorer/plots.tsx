/** Growth and latency of a log, as far as the public can see them. */
import { type BlockHeader } from '@cunzheng/ledger';
import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type FetchedCheckpoint } from './log-client.js';
import { Plot } from './plot.js';
import { useExplorerWords } from './words.js';

interface PlotsProps {
  readonly headers: readonly BlockHeader[];
  /** Of the newest blocks. */
  readonly checkpoints: readonly FetchedCheckpoint[];
}

interface Series {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

const secondsOf = ({ createdAt }: BlockHeader): number => Date.parse(createdAt) / 1000;
const sizeAfter = ({ firstIndex, count }: BlockHeader): number => firstIndex + count + 1;

export function Plots({ headers, checkpoints }: PlotsProps): JSX.Element {
  const { plots } = useExplorerWords();
  const growth = useMemo(() => growthOf(headers), [headers]);
  const intervals = useMemo(() => intervalsOf(headers), [headers]);
  const cosigned = useMemo(() => cosignedOf(headers, checkpoints), [headers, checkpoints]);
  return (
    <div class="plots">
      <Plot
        title={plots.growth}
        text={plots.growthText((growth.values.at(-1) ?? 0).toLocaleString(), headers.length.toLocaleString())}
        form="line"
        {...growth}
      />
      {intervals.values.length > 0 && (
        <Plot
          title={plots.intervals}
          text={plots.intervalsText(medianText(intervals.values))}
          form="points"
          {...intervals}
        />
      )}
      {cosigned.values.length > 0 ? (
        <Plot
          title={plots.cosigned}
          text={plots.cosignedText(medianText(cosigned.values))}
          form="points"
          {...cosigned}
        />
      ) : (
        <p class="hint">{plots.noCosignatures}</p>
      )}
    </div>
  );
}

function growthOf(headers: readonly BlockHeader[]): Series {
  return { times: headers.map(secondsOf), values: headers.map(sizeAfter) };
}

function intervalsOf(headers: readonly BlockHeader[]): Series {
  const times = headers.map(secondsOf);
  return {
    times: times.slice(1),
    values: times.slice(1).map((time, index) => time - (times[index] ?? time)),
  };
}

/** Each cosignature at its block's time, in whole seconds, as witnesses state them. */
function cosignedOf(headers: readonly BlockHeader[], checkpoints: readonly FetchedCheckpoint[]): Series {
  const blocks = new Map(headers.map((header) => [sizeAfter(header), header]));
  const points = checkpoints.flatMap(({ verified: { treeSize, cosignatures } }) => {
    const header = blocks.get(treeSize);
    if (header === undefined) return [];
    return cosignatures.flatMap(({ cosignedAtMs }) =>
      cosignedAtMs === undefined
        ? []
        : [[secondsOf(header), Math.floor(cosignedAtMs / 1000) - Math.floor(secondsOf(header))] as const],
    );
  });
  points.sort(([a], [b]) => a - b);
  return { times: points.map(([time]) => time), values: points.map(([, value]) => value) };
}

function medianText(values: readonly number[]): string {
  const median = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return median.toFixed(median < 10 ? 1 : 0);
}
