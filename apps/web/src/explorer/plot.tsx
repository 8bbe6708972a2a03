/** A time series as a picture, drawn by uPlot; what it shows is said below it in a sentence, for those who cannot see it. */
import 'uplot/dist/uPlot.min.css';
import { type JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';

interface PlotProps {
  readonly title: string;
  readonly text: string;
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly form: 'line' | 'points';
}

const HEIGHT = 200;

export function Plot({ title, text, times, values, form }: PlotProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new UPlot(optionsFor(element, form), [[...times], [...values]], element);
    const observer = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, values, form]);
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}. ${text}`} />
      <p class="hint">{text}</p>
    </figure>
  );
}

/** Of the axis, in UTC: the clock for hours, else the day. */
function formatAxisTime(seconds: number, stepSeconds: number): string {
  const [day = '', clock = ''] = new Date(seconds * 1000).toISOString().split('T');
  if (stepSeconds >= 86_400) return day;
  return stepSeconds >= 60 ? clock.slice(0, 5) : clock.slice(0, 8);
}

function optionsFor(element: HTMLElement, form: PlotProps['form']): UPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name);
  const axis = {
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    axes: [
      {
        ...axis,
        space: 80,
        values: (_, splits, _axis, _space, step) => splits.map((split) => formatAxisTime(split, step)),
      },
      { ...axis, size: 64 },
    ],
    series: [
      {},
      {
        stroke: color('--alone'),
        width: 2,
        ...(form === 'line'
          ? { fill: color('--alone-paper'), points: { show: false } }
          : { paths: () => null, points: { show: true, size: 5, fill: color('--alone') } }),
      },
    ],
  };
}
