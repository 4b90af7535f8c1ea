/** Draws one lane of the timeline. However many events a lane has, it is a handful of elements: what falls on one pixel is drawn once. */
import { unpackColumn } from '../model/columns.ts';
import type { Lane, LaneMark, LaneSpan } from '../model/page-data.ts';
import { svg } from './dom.ts';

/** From time to pixels. */
export interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly left: number;
  readonly right: number;
  readonly x: (atMs: number) => number;
}

export interface UnpackedLane {
  readonly lane: Lane;
  readonly checkpoints: readonly number[];
  readonly folded: readonly number[];
}

const MARK_PATHS: Readonly<Record<LaneMark['kind'], string>> = {
  ended: 'M-4 -4l8 8M4 -4l-8 8',
  stopped: 'M-4 -4h8v8h-8z',
  fenced: 'M-4 -4l8 8M4 -4l-8 8',
  lost_claim: 'M-3.5 0h7',
  waiting: 'M0 -3v6',
};

const SPAN_WORDS: Readonly<Record<LaneSpan['kind'], (epoch: number) => string>> = {
  alive: () => 'runs',
  paused: () => 'hangs (SIGSTOP)',
  takeover: (epoch) => `takes over: epoch ${epoch}`,
  owned: (epoch) => `owns it: epoch ${epoch}`,
  deposed: (epoch) => `was replaced, and does not know it yet: epoch ${epoch}`,
};

export function unpackLane(lane: Lane): UnpackedLane {
  return {
    lane,
    checkpoints: unpackColumn(lane.checkpoints) as number[],
    folded: unpackColumn(lane.folded) as number[],
  };
}

export function drawLane(
  { lane, checkpoints, folded }: UnpackedLane,
  top: number,
  height: number,
  scale: Scale,
  binMs: number,
): SVGElement {
  const group = svg('g', { transform: `translate(0 ${top})` });
  for (const span of lane.spans) group.append(...drawSpan(span, height, scale));
  if (lane.partition !== null) {
    group.append(svg('path', { class: 'activity', d: activityPath(folded, height - 8, scale, binMs) }));
    group.append(svg('path', { class: 'checkpoints', d: tickPath(checkpoints, height - 6, scale) }));
  }
  let lastX = Number.NEGATIVE_INFINITY;
  for (const { kind, atMs, text } of lane.marks) {
    const x = scale.x(atMs);
    if (!isInside(x, scale) || (kind === 'waiting' && x - lastX < 3)) continue;
    lastX = x;
    group.append(
      svg(
        'g',
        { class: `mark ${kind}`, transform: `translate(${x.toFixed(1)} ${height / 2})` },
        svg('title', {}, text),
        svg('path', { d: MARK_PATHS[kind] }),
      ),
    );
  }
  return group;
}

function drawSpan({ kind, fromMs, toMs, epoch }: LaneSpan, height: number, scale: Scale): SVGElement[] {
  if (toMs < scale.fromMs || fromMs > scale.toMs) return [];
  const x = Math.max(scale.left, scale.x(fromMs));
  const width = Math.max(1.5, Math.min(scale.right, scale.x(toMs)) - x);
  const [y, tall] = kind === 'alive' || kind === 'paused' ? [height / 2 - 3, 6] : [2, height - 4];
  const odd = epoch !== null && epoch % 2 === 1 ? ' odd' : '';
  const rect = svg('rect', {
    class: `span ${kind}${odd}`,
    x: x.toFixed(1),
    y,
    width: width.toFixed(1),
    height: tall,
    rx: 1.5,
  });
  if (epoch === null) {
    if (kind === 'paused') rect.append(svg('title', {}, SPAN_WORDS.paused(0)));
    return [rect];
  }
  rect.append(svg('title', {}, SPAN_WORDS[kind](epoch)));
  if (kind !== 'owned' || width < 22) return [rect];
  const text = width > 60 ? `epoch ${epoch}` : String(epoch);
  return [rect, svg('text', { class: 'epoch', x: (x + 5).toFixed(1), y: 13 }, text)];
}

/** Records folded, as steps: heights by square root, so that a trickle is seen beside a burst. */
function activityPath(folded: readonly number[], height: number, scale: Scale, binMs: number): string {
  const most = Math.max(1, ...folded);
  const first = Math.max(0, Math.floor(scale.fromMs / binMs));
  const last = Math.min(folded.length - 1, Math.ceil(scale.toMs / binMs));
  let path = '';
  for (let bin = first; bin <= last; bin++) {
    const records = folded[bin]!;
    if (records === 0) continue;
    const x = Math.max(scale.left, scale.x(bin * binMs));
    const end = Math.min(scale.right, scale.x((bin + 1) * binMs));
    if (end <= x) continue;
    const tall = Math.max(1.5, Math.sqrt(records / most) * (height - 12));
    path += `M${x.toFixed(1)} ${height}V${(height - tall).toFixed(1)}H${end.toFixed(1)}V${height}z`;
  }
  return path;
}

function tickPath(times: readonly number[], y: number, scale: Scale): string {
  let path = '';
  let last = Number.NEGATIVE_INFINITY;
  for (const atMs of times) {
    const x = Math.round(scale.x(atMs)) + 0.5;
    if (!isInside(x, scale) || x === last) continue;
    last = x;
    path += `M${x} ${y}v4`;
  }
  return path;
}

function isInside(x: number, { left, right }: Scale): boolean {
  return x >= left - 0.5 && x <= right + 0.5;
}
