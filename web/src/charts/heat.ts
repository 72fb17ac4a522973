/** Days side by side, their intervals from midnight down: the stronger the colour the more, another hue below zero. */
import { addDays, clockTime, daysBetween, firstOfMonth, addMonths, monthShort, withWeekday, type Clock, type Day } from "../kit/days";
import { h } from "../kit/dom";
import { colour, colours, redrawn, stripes } from "./paint";

export interface Cells {
  clock: Clock;
  first: Day;
  /** The day after the last. */
  end: Day;
  /** Minutes of an interval. */
  minutes: number;
  /** Starts in milliseconds, and what was read in each interval; `estimated` where it is no measurement. */
  starts: number[];
  values: number[];
  estimated: boolean[];
  told: (value: number) => string;
  /** What is shown: "Consumption", or "Difference". */
  title: string;
  /** Today: from it on what was not read is yet to come, and no gap. */
  today: Day;
}

interface Cell {
  value: number;
  estimated: boolean;
  told: string;
}

const SHADES = 9;
const COLD = 5;

export function heatMap(cells: Cells): HTMLElement {
  const days = daysBetween(cells.first, cells.end);
  const slots = 1440 / cells.minutes;
  const held = laid(cells);
  const all = [...held.values()];
  const scale = scaled(all.map((cell) => cell.value));
  const peak = all.length
    ? all.reduce((one, other) => (Math.abs(other.value) > Math.abs(one.value) ? other : one)).told
    : "nothing was read";
  const canvas = h("canvas", {
    role: "img",
    tabindex: 0,
    "aria-label": `${cells.title}: ${days} days by ${cells.minutes} minutes, ${cells.clock.name}. Most: ${peak}. The arrow keys tell each.`,
  });
  const told = h("p", { class: "told", "aria-live": "polite" }, all.length ? `Most: ${peak}` : "Nothing was read in this period.");
  const frame = h("div", { class: "heat-place" }, canvas);

  const draw = (): void => {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [frame.clientWidth, 224];
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    if (!context) return;
    const edge = (place: number, count: number, size: number): number => Math.round((place / count) * size);
    const [warm, cold] = [colours("heat", SHADES), colours("cold", COLD)];
    context.fillStyle = stripes(context, colour("--line"));
    const over = Math.max(0, Math.min(days, daysBetween(cells.first, cells.today)));
    context.fillRect(0, 0, edge(over, days, canvas.width), canvas.height);
    // Of both, since one of them is lost on the palest cells and the other on the strongest.
    const marks = [stripes(context, `${colour("--card")}a0`), stripes(context, `${colour("--ink")}70`, "transparent", 0.3)];
    for (const [key, cell] of held) {
      const [day, slot] = [Math.floor(key / slots), key % slots];
      const [x, y] = [edge(day, days, canvas.width), edge(slot, slots, canvas.height)];
      const [wide, tall] = [edge(day + 1, days, canvas.width) - x, edge(slot + 1, slots, canvas.height) - y];
      const shades = cell.value < 0 ? cold : warm;
      context.fillStyle = shades[Math.min(shades.length - 1, Math.floor(scale.share(cell.value) * shades.length))] ?? "";
      context.fillRect(x, y, wide, tall);
      for (const mark of cell.estimated ? marks : []) {
        context.fillStyle = mark;
        context.fillRect(x, y, wide, tall);
      }
    }
  };
  redrawn(frame, draw);

  let [day, slot] = [0, 0];
  const tell = (): void => {
    const where = `${withWeekday(addDays(cells.first, day))} ${clockTime(slot * cells.minutes)}`;
    told.textContent = held.get(day * slots + slot)?.told ?? `${where}: ${nothing(cells, day, slot)}`;
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    day = clamp(((event.clientX - box.left) / box.width) * days, days);
    slot = clamp(((event.clientY - box.top) / box.height) * slots, slots);
    tell();
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    day = clamp(day + (step[0] ?? 0), days);
    slot = clamp(slot + (step[1] ?? 0), slots);
    tell();
  });
  const figure = h(
    "figure",
    { class: "heat" },
    h(
      "div",
      { class: "heat-map" },
      h("div", { class: "hours", "aria-hidden": "true" }, ...["00", "06", "12", "18", "24"].map((hour) => h("span", {}, hour))),
      frame,
    ),
    days > 45 ? h("div", { class: "months", "aria-hidden": "true" }, ...months(cells.first, cells.end)) : "",
    h(
      "figcaption",
      {},
      told,
      legend(
        scale,
        cells,
        all.some((cell) => cell.estimated),
      ),
    ),
  );
  return figure;
}

/** By day and time of the zone's clock. In the hour that comes twice, both are told, and their mean has the colour. */
function laid(cells: Cells): Map<number, Cell> {
  const slots = 1440 / cells.minutes;
  const found = new Map<number, Cell>();
  cells.starts.forEach((start, index) => {
    const day = cells.clock.day(start);
    const minute = cells.clock.minute(start);
    const key = daysBetween(cells.first, day) * slots + Math.floor(minute / cells.minutes);
    const [value, estimated] = [cells.values[index] ?? 0, cells.estimated[index] ?? false];
    const said = `${cells.told(value)}${estimated ? " (estimated)" : ""}`;
    const before = found.get(key);
    if (before)
      found.set(key, {
        value: (before.value + value) / 2,
        estimated: before.estimated || estimated,
        told: `${before.told}, and ${said} when this hour came again`,
      });
    else found.set(key, { value, estimated, told: `${withWeekday(day)} ${clockTime(minute)}: ${said}` });
  });
  return found;
}

function nothing(cells: Cells, day: number, slot: number): string {
  if (impossible(cells, day, slot)) return "a time that does not exist, the clock went forward";
  return addDays(cells.first, day) >= cells.today ? "yet to come" : "no reading";
}

/** The clock skipped it: no instant of that day shows this time. */
function impossible(cells: Cells, day: number, slot: number): boolean {
  const midnight = cells.clock.midnight(addDays(cells.first, day));
  const next = cells.clock.midnight(addDays(cells.first, day + 1));
  for (let time = midnight; time < next; time += cells.minutes * 60_000)
    if (cells.clock.minute(time) === slot * cells.minutes) return false;
  return true;
}

interface Scale {
  /** Where its colours begin: the most below zero, or the least of all. */
  low: number;
  high: number;
  /** How far a value is from the palest of its colours (0) to the strongest (1). */
  share: (value: number) => number;
}

/** From the least to the most, so that a load that never rests is seen to move; alike on both sides where some is below zero. */
function scaled(values: number[]): Scale {
  const high = values.reduce((one, other) => Math.max(one, other), -Infinity);
  const low = values.reduce((one, other) => Math.min(one, other), Infinity);
  if (!values.length) return { low: 0, high: 0, share: () => 0 };
  if (low < 0) {
    const most = Math.max(high, -low);
    return { low: -most, high: most, share: (value) => Math.abs(value) / most };
  }
  return { low, high, share: (value) => (high > low ? (value - low) / (high - low) : high > 0 ? 1 : 0) };
}

function legend({ low, high }: Scale, cells: Cells, estimated: boolean): HTMLElement {
  return h(
    "div",
    { class: "legend", "aria-hidden": "true" },
    h(
      "span",
      {},
      cells.told(low),
      low < 0 ? [...Array.from({ length: COLD }, (_, index) => h("i", { class: `cold-${COLD - 1 - index}` })), "0"] : "",
      ...Array.from({ length: SHADES }, (_, index) => h("i", { class: `heat-${index}` })),
      cells.told(high),
    ),
    h("span", {}, h("i", { class: "gap" }), "no reading"),
    estimated ? h("span", {}, h("i", { class: "estimate" }), "estimated") : "",
  );
}

function months(first: Day, end: Day): HTMLElement[] {
  const labels: HTMLElement[] = [];
  for (let start = first; start < end;) {
    const following = addMonths(firstOfMonth(start), 1);
    const next = following < end ? following : end;
    const name = monthShort(start);
    const label = h("span", {}, h("span", { class: "long" }, name), h("span", { class: "short" }, name.slice(0, 1)));
    label.style.flex = `${daysBetween(start, next)} 1 0`;
    labels.push(label);
    start = next;
  }
  return labels;
}

const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, Math.floor(value)));
