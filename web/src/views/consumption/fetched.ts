/** Readings of the points that are asked for, put into the places of a period; and what they cost. */
import { accountPath, pages } from "../../kit/api";
import { addDays, addMonths, firstOfMonth, HALF_HOUR, type Clock, type Day } from "../../kit/days";
import type { Costs, CostSeries, Point, Readings, SeveralReadings } from "../../model";
import { EVERY, type Asked, type Step } from "./asked";

/** One channel of one point, or of several together, in the places of a period. */
export interface Column {
  label: string;
  unit: string;
  /** null: nothing was read. */
  values: (number | null)[];
  estimated: boolean[];
  /** Minutes of each place of which there should be a reading and is none: not of what is yet to come, nor of before the first one. */
  missing: number[];
  /** Minutes of the period of which there are readings; of several points those of the one that has most. */
  covered: number;
  /** The instant of the first reading that there is, in milliseconds. */
  first: number;
}

/** A column, and whose it is. */
export interface PerPoint {
  channel: string;
  point: string;
  column: Column;
}

/** The places of a period: of half hours and hours their starts in milliseconds, of days and months their first date. */
export interface Places {
  keys: (number | Day)[];
  step: Step;
  /** The instants at which each begins and ends, in milliseconds, cut at the ends of the period. */
  spans: [number, number][];
  /** When today began by the points' clock: what was not read since may still come. */
  until: number;
}

export function places(first: Day, last: Day, step: Step, clock: Clock): Places {
  const end = addDays(last, 1);
  const keys: (number | Day)[] = [];
  if (step === "day") for (let day = first; day < end; day = addDays(day, 1)) keys.push(day);
  else if (step === "month") for (let day = firstOfMonth(first); day < end; day = addMonths(day, 1)) keys.push(day);
  else {
    // Sums by hour are by the clock of UTC, also where a zone is half an hour off it.
    const size = step === "30m" ? HALF_HOUR : 2 * HALF_HOUR;
    for (let time = Math.floor(clock.midnight(first) / size) * size; time < clock.midnight(end); time += size) keys.push(time);
  }
  const [begin, close] = [clock.midnight(first), clock.midnight(end)];
  const starts = keys.map((key) => Math.max(begin, typeof key === "number" ? key : clock.midnight(key)));
  const spans = starts.map((start, place): [number, number] => [start, starts[place + 1] ?? close]);
  return { keys, step, spans, until: clock.midnight(clock.day(Date.now())) };
}

/** How many of the places are over; the rest is yet to come. */
export const over = ({ spans, until }: Places): number => spans.filter(([, end]) => end <= until).length;

/** Columns by point, of each channel that is asked for. */
export async function columns(account: string, asked: Asked, version: string, where: Places): Promise<PerPoint[]> {
  const channels = asked.channel === "both" ? ["import", "export"] : [asked.channel];
  const found = await Promise.all(channels.map((channel) => ofChannel(account, asked, version, channel, where)));
  return found.flat();
}

async function ofChannel(account: string, asked: Asked, version: string, channel: string, where: Places): Promise<PerPoint[]> {
  const having = asked.points.filter((one) => one.channels.includes(channel));
  if (!having.length) return [];
  const names = having.length === asked.points.length ? asked.names : having.map((one) => one.point);
  const query = { channel, version, from: asked.first, to: addDays(asked.last, 1), resolution: where.step, point: names };
  const at = new Map(where.keys.map((key, place) => [key, place]));
  const minutes = where.spans.map(([start, end]) => (end - start) / 60_000);
  const empty = ({ point, first }: Point): Column => ({
    label: point,
    unit: "kWh",
    values: where.keys.map(() => null),
    estimated: where.keys.map(() => false),
    missing: where.spans.map(([, end], place) => (end <= Date.parse(first) || end > where.until ? 0 : (minutes[place] ?? 0))),
    covered: 0,
    first: Date.parse(first),
  });
  const byPoint = new Map(having.map((one) => [one.point, empty(one)]));
  const take = (point: string, unit: string, one: Pick<Readings, "start" | "value" | "quality" | "missing">): void => {
    const column = byPoint.get(point);
    if (!column) return;
    column.unit = unit;
    one.start.forEach((start, index) => {
      const place = at.get(key(start, where.step));
      if (place === undefined) return;
      column.values[place] = one.value[index] ?? null;
      column.estimated[place] = one.quality[index] !== "actual";
      const lacking = one.missing[index] ?? 0;
      column.covered += (minutes[place] ?? 0) - lacking;
      const [begin, end] = where.spans[place] ?? [0, 0];
      const before = Math.max(0, Math.min(end, column.first) - begin);
      const toCome = Math.max(0, end - Math.max(begin, where.until));
      column.missing[place] = Math.max(0, lacking - (before + toCome) / 60_000);
    });
  };
  if (names.length === 1 && names[0] !== EVERY)
    for await (const page of pages<Readings>(`${accountPath(account)}/readings`, query)) take(page.point, page.unit, page);
  else
    for await (const page of pages<SeveralReadings>(`${accountPath(account)}/readings`, query))
      for (const one of page.series) take(one.point, page.unit, one);
  return [...byPoint].map(([point, column]) => ({ channel, point, column }));
}

function key(start: string, step: Step): number | Day {
  if (step === "day") return start.slice(0, 10);
  if (step === "month") return `${start.slice(0, 7)}-01`;
  return Date.parse(start);
}

/** Several columns in one: a place has a value where any of them has. */
export function together(label: string, all: Column[]): Column {
  const [head] = all;
  if (!head) return { label, unit: "kWh", values: [], estimated: [], missing: [], covered: 0, first: 0 };
  if (all.length === 1) return { ...head, label };
  return {
    label,
    unit: head.unit,
    values: head.values.map((_, place) => {
      const held = all.map((one) => one.values[place]).filter((value): value is number => value !== null && value !== undefined);
      return held.length ? held.reduce((sum, value) => sum + value, 0) : null;
    }),
    estimated: head.estimated.map((_, place) => all.some((one) => one.estimated[place])),
    missing: head.missing.map((_, place) => all.reduce((sum, one) => sum + (one.missing[place] ?? 0), 0)),
    covered: Math.max(...all.map((one) => one.covered)),
    first: Math.min(...all.map((one) => one.first)),
  };
}

/** Two versions of the same points, each cut to the places of which both say something. */
export interface Compared {
  now: Column;
  other: Column;
}

/** Point by point: what only one version has of one of them is no difference. */
export function compared(now: PerPoint[], other: PerPoint[]): Compared {
  const cut = (column: Column, by: Column | undefined): Column => ({
    ...column,
    values: column.values.map((value, place) => (by?.values[place] === null || by?.values[place] === undefined ? null : value)),
  });
  const of = (all: PerPoint[], point: string): Column | undefined => all.find((one) => one.point === point)?.column;
  return {
    now: together(
      "",
      now.map(({ point, column }) => cut(column, of(other, point))),
    ),
    other: together(
      "",
      other.map(({ point, column }) => cut(column, of(now, point))),
    ),
  };
}

/** What another version says, less what this one does; only where both say something. */
export function difference(label: string, now: Column, other: Column): Column {
  return {
    label,
    unit: now.unit,
    values: now.values.map((value, place) => {
      const against = other.values[place];
      return value === null || against === null || against === undefined ? null : Math.round((against - value) * 1e9) / 1e9;
    }),
    estimated: now.estimated.map(() => false),
    missing: now.missing,
    covered: now.covered,
    first: now.first,
  };
}

/** What the places of a period cost, all points together. */
export interface Spent {
  currency: string;
  where: Places;
  amount: (number | null)[];
  standing: (number | null)[];
  /** Why some of it has no price; "" where all has. */
  unpriced: string;
}

/** Costs by the account's contract; half hours are told by the hour. null: not a single place has a price. */
export async function costs(account: string, asked: Asked, clock: Clock): Promise<Spent> {
  const step: Step = asked.step === "30m" ? "hour" : asked.step;
  const where = places(asked.first, asked.last, step, clock);
  const at = new Map(where.keys.map((place, index) => [place, index]));
  const spent: Spent = { currency: "GBP", where, amount: where.keys.map(() => null), standing: where.keys.map(() => null), unpriced: "" };
  const add = (column: (number | null)[], place: number, text: string | null | undefined): void => {
    if (text !== null && text !== undefined) column[place] = (column[place] ?? 0) + Number(text);
  };
  const take = (one: CostSeries): void => {
    one.start.forEach((start, index) => {
      const place = at.get(key(start, step));
      if (place === undefined) return;
      add(spent.amount, place, one.amount[index]);
      add(spent.standing, place, one.standing[index]);
    });
    spent.unpriced ||= one.unpriced[0]?.why ?? "";
  };
  for await (const page of pages<Costs>(`${accountPath(account)}/costs`, {
    point: asked.names,
    version: asked.version,
    from: asked.first,
    to: addDays(asked.last, 1),
    resolution: step,
  })) {
    spent.currency = page.currency ?? spent.currency;
    page.series.forEach(take);
  }
  return spent;
}

/** The least of each day's half hours, in kW, averaged over the days that were wholly read: what is always on. */
export function baseLoad(where: Places, column: Column, clock: Clock): number | null {
  const days = new Map<Day, { least: number; whole: boolean }>();
  where.keys.forEach((time, place) => {
    const day = clock.day(time as number);
    const held = days.get(day) ?? { least: Infinity, whole: true };
    const value = column.values[place];
    if (value === null || value === undefined || column.missing[place]) held.whole = false;
    else held.least = Math.min(held.least, value);
    days.set(day, held);
  });
  const whole = [...days.values()].filter((day) => day.whole);
  return whole.length ? (whole.reduce((sum, day) => sum + day.least, 0) / whole.length) * (3_600_000 / HALF_HOUR) : null;
}
