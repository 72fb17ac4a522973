/**
 * Energy over time: bars, lines, or a band from the least to the most of each day.
 *
 * The places along the axis are numbered and named by the caller, so that the chart knows no time zone: a day of 23 or
 * 25 hours is as wide as it has intervals, and nothing is ever drawn in the browser's own zone.
 */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, redrawn, stripes } from "./paint";

export interface Drawn {
  label: string;
  /** A value for each place; null where nothing was read. */
  values: (number | null)[];
  /** Where the value is an estimate, in whole or in part. */
  estimated?: boolean[];
  /** A custom property of the page, as --first. */
  colour: string;
  /** Of bars below zero, where it is another. */
  below?: string;
}

export interface Shown {
  kind: "bars" | "line" | "band";
  /** Bars: one on another. A band: least, most, mean. */
  drawn: Drawn[];
  /** How a place is told in full, and how it stands at the axis where there is room. */
  name: (place: number) => string;
  tick: (place: number) => string;
  unit: string;
  /** Of each place what of it is missing, in words; "" where nothing is. */
  lacking?: string[];
  /** What is drawn is of one kind, and its sum is told too. */
  together?: boolean;
  /** How a value reads. */
  told: (value: number) => string;
  /** How many places are over; the rest is yet to come and no gap. Not given: all. */
  over?: number;
  /** The reader has marked some places, or opened one; not given: none can be. */
  zoom?: (first: number, last: number) => void;
}

const HEIGHT = 290;

/** Draw into `place`, once that is in the page and as long as it is. */
export function plot(place: HTMLElement, shown: Shown): void {
  let chart: uPlot | undefined;
  const draw = (): void => {
    chart?.destroy();
    chart = new uPlot(options(place, shown), data(shown), place);
  };
  redrawn(place, draw, () => chart?.destroy());
}

function data(shown: Shown): uPlot.AlignedData {
  const places = shown.drawn[0]?.values.map((_, place) => place) ?? [];
  const columns = shown.kind === "bars" ? stacked(shown.drawn) : shown.drawn.map((one) => one.values);
  return [places, ...columns] as uPlot.AlignedData;
}

/** The upper ends of bars that stand on one another, those of what is below zero downwards; drawn from the last to the first. */
function stacked(drawn: Drawn[]): (number | null)[][] {
  const up: number[] = [];
  const down: number[] = [];
  return drawn
    .map((one) =>
      one.values.map((value, place) => {
        if (value === null) return null;
        const side = value < 0 ? down : up;
        side[place] = (side[place] ?? 0) + value;
        return side[place] ?? 0;
      }),
    )
    .reverse();
}

function options(place: HTMLElement, shown: Shown): uPlot.Options {
  const [ink, line] = [colour("--soft"), colour("--line")];
  const count = shown.drawn[0]?.values.length ?? 0;
  const axis: uPlot.Axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const order = shown.kind === "bars" ? [...shown.drawn].reverse() : shown.drawn;
  return {
    width: Math.max(place.clientWidth, 240),
    height: HEIGHT,
    padding: [12, 8, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: Boolean(shown.zoom), y: false, setScale: false },
      points: { show: shown.kind !== "bars" },
    },
    select: { show: Boolean(shown.zoom), left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: [-0.6, count - 0.4] },
      y: { range: (_, low, high) => [Math.min(0, (low ?? 0) * 1.05), (high ?? 0) > 0 ? high * 1.08 : (low ?? 0) < 0 ? 0 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        grid: { show: false },
        splits: (self) => ticks(self, count, shown),
        values: (_, splits) => splits.map((split) => shown.tick(split)),
      },
      { ...axis, size: 52, values: (_, splits) => splits.map((split) => split.toLocaleString("en-GB")) },
    ],
    series: [{}, ...order.map((one, index) => series(shown, one, index))],
    bands: shown.kind === "band" ? [{ series: [2, 1], fill: `${colour(shown.drawn[0]?.colour ?? "--first")}40` }] : [],
    hooks: {
      ready: [(self) => opened(self, shown)],
      drawAxes: [(self) => gaps(self, shown)], // below the bars, so that of a place that was read in part both are seen
      setCursor: [(self) => tell(place, self, shown)],
      setSelect: [
        (self) => {
          if (self.select.width < 4 || !shown.zoom) return;
          const ends = [self.select.left, self.select.left + self.select.width].map((left) =>
            Math.max(0, Math.min(count - 1, Math.round(self.posToVal(left, "x")))),
          );
          self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          shown.zoom(ends[0] ?? 0, ends[1] ?? 0);
        },
      ],
    },
  };
}

/** A click opens a place. A finger's first tap tells of it, as the pointer does by standing there; its second opens it. */
function opened(self: uPlot, shown: Shown): void {
  let told = -1;
  let pressed = 0;
  self.over.addEventListener("pointerdown", (event) => (pressed = event.clientX));
  self.over.addEventListener("click", (event) => {
    const at = self.cursor.idx;
    if (!shown.zoom || at === null || at === undefined || Math.abs(event.clientX - pressed) >= 4) return;
    if ((event as PointerEvent).pointerType === "touch" && told !== at) told = at;
    else shown.zoom(at, at);
  });
}

function series(shown: Shown, one: Drawn, index: number): uPlot.Series {
  const stroke = colour(one.colour);
  if (shown.kind === "band" && index < 2) return { label: one.label, stroke: "transparent", points: { show: false }, spanGaps: false };
  if (shown.kind !== "bars")
    return { label: one.label, stroke, width: 1.5, points: { show: one.values.length < 60, size: 4 }, spanGaps: false };
  const paths = (uPlot.paths.bars as uPlot.Series.BarsPathBuilderFactory)({
    size: [0.8, 56, 1],
    disp: {
      fill: {
        unit: 3,
        values: (self: uPlot) => {
          const [striped, below] = [stripes(self.ctx, colour("--card"), stroke), one.below ? colour(one.below) : stroke];
          return one.values.map((value, place) => (one.estimated?.[place] ? striped : (value ?? 0) < 0 ? below : stroke));
        },
      },
    },
  } as uPlot.Series.BarsPathBuilderOpts);
  return { label: one.label, stroke: "transparent", width: 0, fill: stroke, paths, points: { show: false } };
}

/** Where nothing was read, stripes stand from the ground to the top: a gap looks like one, never like nothing used. */
function gaps(self: uPlot, shown: Shown): void {
  const context = self.ctx;
  const { left, top, width, height } = self.bbox;
  const count = Math.min(shown.over ?? Infinity, shown.drawn[0]?.values.length ?? 0);
  const none = (place: number): boolean =>
    Boolean(shown.lacking?.[place]) || shown.drawn.every((one) => one.values[place] === null || one.values[place] === undefined);
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = stripes(context, colour("--line"));
  for (let place = 0; place < count; place++) {
    if (!none(place)) continue;
    let last = place;
    while (last + 1 < count && none(last + 1)) last++;
    const [from, to] = [self.valToPos(place - 0.5, "x", true), self.valToPos(last + 0.5, "x", true)];
    context.fillRect(from, top, to - from, height);
    place = last;
  }
  context.restore();
}

/** The places whose names fit side by side. */
function ticks(self: uPlot, count: number, shown: Shown): number[] {
  const named = Array.from({ length: count }, (_, place) => place).filter((place) => shown.tick(place));
  const room = Math.max(1, Math.floor(self.width / 64));
  const step = Math.ceil(named.length / room);
  return named.filter((_, index) => index % step === 0);
}

function tell(place: HTMLElement, self: uPlot, shown: Shown): void {
  const told = place.parentElement?.querySelector<HTMLElement>(".told");
  if (!told) return;
  // What stood there before the pointer came stands there again when it has gone.
  told.dataset.before ??= told.textContent ?? "";
  const at = self.cursor.idx;
  told.textContent = at === null || at === undefined ? told.dataset.before : sentence(shown, at);
}

/** What is drawn at a place, in words. */
export function sentence(shown: Shown, place: number): string {
  const values = shown.drawn.map((one) => {
    const value = one.values[place];
    if (value === null || value === undefined) return "";
    return `${shown.drawn.length > 1 ? `${one.label} ` : ""}${shown.told(value)}${one.estimated?.[place] ? " (estimated in part)" : ""}`;
  });
  const held = shown.drawn.map((one) => one.values[place]).filter((value): value is number => value !== null && value !== undefined);
  if (shown.together && held.length > 1) values.push(`together ${shown.told(held.reduce((sum, value) => sum + value, 0))}`);
  if (held.length && shown.lacking?.[place]) values.push(shown.lacking[place] ?? "");
  return `${shown.name(place)}: ${values.filter(Boolean).join(", ") || "no readings"}`;
}
