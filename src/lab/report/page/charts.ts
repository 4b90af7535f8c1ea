/** The curves below the timeline, drawn by uPlot on the timeline's own axis: throughput, lag, latency, memory. */

import type UPlot from 'uplot';
import type { Options, Series } from 'uplot';
import { type Column, unpackColumn } from '../model/columns.ts';
import type { RunPayload } from '../model/page-data.ts';
import { countText, durationText } from '../model/words.ts';
import { el } from './dom.ts';
import { color, fontFamily, THEME_CHANGED } from './theme.ts';
import { axisSteps, axisStepsMost, axisText, gutterOf, type ViewRange } from './view-range.ts';

declare const uPlot: typeof UPlot;

type Values = readonly (number | null)[];
interface Chart {
  readonly title: string;
  readonly unit: (value: number) => string;
  readonly series: readonly {
    readonly name: string;
    readonly color: string;
    readonly values: Values;
    readonly filled?: boolean;
    readonly dots?: boolean;
  }[];
}

const HEIGHT = 132;
const AXIS_HEIGHT = 22;
/** More lines than this in one chart are a tangle: then one line holds their sum. */
const LINES_MAX = 6;
const LINE_COLORS = ['line-1', 'line-3', 'line-4', 'line-5', 'line-6', 'line-2'];

export class Charts {
  readonly element = el('div.charts');
  readonly #payload: RunPayload;
  readonly #range: ViewRange;
  readonly #charts: readonly Chart[];
  readonly #times: number[];
  #plots: UPlot[] = [];
  #width = 0;

  constructor(payload: RunPayload, range: ViewRange) {
    this.#payload = payload;
    this.#range = range;
    const { binMs, bins } = payload.curves;
    this.#times = Array.from({ length: bins }, (_, bin) => (bin + 0.5) * binMs);
    this.#charts = chartsOf(payload).filter(({ series }) =>
      series.some(({ values }) => values.some((value) => value !== null)),
    );
    new ResizeObserver(() => this.#fit()).observe(this.element);
    const recolor = (): void => {
      if (this.element.isConnected) this.#build();
      else window.removeEventListener(THEME_CHANGED, recolor);
    };
    window.addEventListener(THEME_CHANGED, recolor);
    range.onRange(() => {
      for (const plot of this.#plots) plot.setScale('x', { min: range.fromMs, max: range.toMs });
    });
    range.onCursor(() => this.#point());
  }

  #fit(): void {
    const width = this.element.clientWidth;
    if (width === 0 || width === this.#width) return;
    this.#width = width;
    this.#build();
  }

  #build(): void {
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    if (this.#width === 0 || !this.element.isConnected) return;
    this.element.replaceChildren();
    for (const chart of this.#charts) {
      const box = el('figure.chart', {}, el('figcaption', {}, chart.title));
      this.element.append(box);
      const data: UPlot.AlignedData = [this.#times, ...chart.series.map(({ values }) => [...values])];
      this.#plots.push(new uPlot(this.#options(chart, chart === this.#charts.at(-1)), data, box));
    }
  }

  #options({ unit, series }: Chart, isLast: boolean): Options {
    const { left, right } = gutterOf(this.#width);
    const { fromMs, toMs } = this.#range;
    const stepsMost = axisStepsMost(this.#width - left - right);
    const axis = { stroke: color('quiet'), font: `11px ${fontFamily()}`, ticks: { show: false } };
    return {
      width: this.#width,
      height: HEIGHT + (isLast ? AXIS_HEIGHT : 0),
      padding: [8, right, isLast ? 0 : 8, 0],
      scales: {
        x: { time: false, min: fromMs, max: toMs, range: (_plot, min, max) => [min, max] },
        y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
      },
      axes: [
        {
          ...axis,
          splits: (_plot, _axis, min, max) => axisSteps(min, max, stepsMost),
          size: isLast ? AXIS_HEIGHT : 0,
          values: (_plot, splits) =>
            splits.map((atMs) => (isLast ? axisText(atMs, this.#range.toMs - this.#range.fromMs) : '')),
          grid: { stroke: color('rule'), width: 1 },
        },
        {
          ...axis,
          size: left,
          gap: 8,
          space: 26,
          values: (_plot, splits) => splits.map(unit),
          grid: { stroke: color('rule'), width: 1 },
        },
      ],
      cursor: { x: true, y: false, points: { size: 5 }, drag: { x: true, y: false, setScale: false } },
      legend: { show: true, live: true },
      series: [
        { value: (_plot, value) => (value === null ? '' : `${(value / 1000).toFixed(2)} s`) },
        ...series.map((one) => seriesOf(one, unit)),
      ],
      hooks: {
        drawClear: [(plot) => this.#drawBands(plot)],
        setCursor: [(plot) => this.#cursorMoved(plot)],
        setSelect: [(plot) => this.#selected(plot)],
      },
    };
  }

  #drawBands(plot: UPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = color('band');
    for (const { firedAtMs, healedAtMs } of this.#payload.facts.faults) {
      if (firedAtMs === null) continue;
      const from = Math.max(bbox.left, plot.valToPos(firedAtMs, 'x', true));
      const to = Math.min(
        bbox.left + bbox.width,
        plot.valToPos(healedAtMs ?? this.#payload.facts.durationMs, 'x', true),
      );
      if (to >= bbox.left && from <= bbox.left + bbox.width)
        ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height);
    }
    ctx.restore();
  }

  #cursorMoved(plot: UPlot): void {
    const { left } = plot.cursor;
    if (!plot.over.matches(':hover')) return;
    this.#range.point(left === undefined || left < 0 ? null : plot.posToVal(left, 'x'));
  }

  #selected(plot: UPlot): void {
    const { left, width } = plot.select;
    if (width < 6) return;
    this.#range.set(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  #point(): void {
    const { cursorMs } = this.#range;
    for (const plot of this.#plots) {
      if (plot.over.matches(':hover')) continue;
      const left = cursorMs === null ? -10 : plot.valToPos(cursorMs, 'x');
      plot.setCursor({ left, top: cursorMs === null ? -10 : 0 }, false);
    }
  }
}

function seriesOf(
  { name, color: line, filled, dots }: Chart['series'][number],
  unit: (value: number) => string,
): Series {
  return {
    label: name,
    stroke: color(line),
    width: 1.5,
    ...(dots === true
      ? { paths: () => null, points: { show: true, size: 5, fill: color(line) } }
      : { points: { show: false } }),
    ...(filled === true ? { fill: color(`${line}-fill`) } : {}),
    value: (_plot: UPlot, value: number | null) => (value === null || value === undefined ? '' : unit(value)),
  };
}

function chartsOf({ curves }: RunPayload): Chart[] {
  const values = (column: Column): Values => unpackColumn(column) as (number | null)[];
  const lag = curves.lag.map(({ partition, records }) => ({ name: `partition ${partition}`, values: values(records) }));
  const line = (at: number): string => LINE_COLORS[at % LINE_COLORS.length]!;
  return [
    {
      title: 'Throughput, records a second',
      unit: countText,
      series: [
        { name: 'acknowledged by Kafka', color: 'line-2', values: values(curves.sentPerSecond), filled: true },
        { name: 'covered by a checkpoint', color: 'line-1', values: values(curves.coveredPerSecond) },
      ],
    },
    {
      title: 'Lag, records in Kafka and not below a checkpoint',
      unit: countText,
      series:
        lag.length > LINES_MAX
          ? [{ name: `all ${lag.length} partitions`, color: 'line-1', values: summed(lag.map((one) => one.values)) }]
          : lag.map((one, at) => ({ ...one, color: line(at) })),
    },
    {
      title: 'Age of the newest record when its checkpoint was written',
      unit: durationText,
      series: [{ name: 'slowest', color: 'line-1', values: values(curves.endToEndMs), dots: true }],
    },
    {
      title: 'Resident memory, MiB',
      unit: countText,
      series: curves.memory
        .slice(0, LINES_MAX)
        .map(({ processor, mib }, at) => ({ name: processor, color: line(at), values: values(mib) })),
    },
  ];
}

function summed(lists: readonly Values[]): Values {
  return (lists[0] ?? []).map((_, bin) => lists.reduce((sum, list) => sum + (list[bin] ?? 0), 0));
}
