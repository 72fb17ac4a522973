/** What the reader wants to see of an account's readings, as the address says it. Days are inclusive. */
import { ask, asked } from "../../kit/address";
import { addDays, addMonths, daysBetween, firstOfMonth, firstOfYear, isDay, weekday, type Day } from "../../kit/days";
import type { Point } from "../../model";

export const SPANS = [["day", "Day"], ["week", "Week"], ["month", "Month"], ["year", "Year"], ["own", "Own"]] as const;
export type Span = (typeof SPANS)[number][0];
export const STEPS = [["30m", "Half hours"], ["hour", "Hours"], ["day", "Days"], ["month", "Months"]] as const;
export type Step = (typeof STEPS)[number][0];
export type Show = "energy" | "cost" | "table";

export interface Asked {
  points: Point[];
  /** `both`: what was taken upwards, what was given downwards. */
  channel: string;
  span: Span;
  first: Day;
  last: Day;
  step: Step;
  version: string;
  /** The version that is compared with; "" is none. */
  against: string;
  show: Show;
}

/** From the address; what it does not say, or what can't be, is as the newest readings suggest. */
export function read(points: Point[], newest: Day): Asked {
  const query = asked();
  const named = points.filter((one) => query.getAll("point").includes(one.point));
  const chosen = named.length ? named : points.slice(0, 1);
  const span = pick(SPANS, query.get("span")) ?? "month";
  const [at, from, to] = ["at", "from", "to"].map((name) => query.get(name) ?? "");
  const [first, last] = span === "own" && isDay(from ?? "") && isDay(to ?? "") && (from as Day) <= (to as Day) ? [from as Day, to as Day] : period(span === "own" ? "month" : span, isDay(at ?? "") ? (at as Day) : newest);
  const steps = stepsFor(first, last, chosen);
  const versions = versionsOf(chosen).map(String);
  const version = versions.includes(query.get("version") ?? "") ? (query.get("version") as string) : "latest";
  const against = query.get("against") ?? "";
  const channels = channelsOf(chosen);
  return {
    points: chosen,
    channel: channels.includes(query.get("channel") ?? "") ? (query.get("channel") as string) : (channels[0] ?? "import"),
    span: span === "own" && !(isDay(from ?? "") && isDay(to ?? "")) ? "month" : span,
    first,
    last,
    step: steps.includes(query.get("by") as Step) ? (query.get("by") as Step) : usual(first, last, steps),
    version,
    against: (versions.includes(against) || against === "latest") && against !== version ? against : "",
    show: pick([["energy"], ["cost"], ["table"]] as const, query.get("show")) ?? "energy",
  };
}

const pick = <T extends string>(options: readonly (readonly [T, ...string[]])[], value: string | null): T | undefined => options.find(([one]) => one === value)?.[0];

/** The first and last day of the span that a day is in; weeks begin on Monday. */
export function period(span: Exclude<Span, "own">, day: Day): [Day, Day] {
  if (span === "day") return [day, day];
  if (span === "week") return [addDays(day, -weekday(day)), addDays(day, 6 - weekday(day))];
  if (span === "month") return [firstOfMonth(day), addDays(addMonths(day, 1), -1)];
  return [firstOfYear(day), addDays(addMonths(firstOfYear(day), 12), -1)];
}

/** The period before or after, of the same kind; an own one moves by its own length. */
export function moved(now: Asked, by: 1 | -1): [Day, Day] {
  if (now.span === "own") {
    const days = (daysBetween(now.first, now.last) + 1) * by;
    return [addDays(now.first, days), addDays(now.last, days)];
  }
  return period(now.span, by < 0 ? addDays(now.first, -1) : addDays(now.last, 1));
}

/** How finely a period may be shown: not finer than it was recorded, nor so finely that nothing can be seen. */
export function stepsFor(first: Day, last: Day, points: Point[]): Step[] {
  const days = daysBetween(first, last) + 1;
  const coarsest = Math.max(0, ...points.map((one) => Math.max(0, ...one.minutes)));
  const found: Step[] = [];
  if (coarsest <= 30 && days <= 400) found.push("30m");
  if (coarsest <= 60 && days <= 62) found.push("hour");
  if (days > 1 || !found.length) found.push("day");
  if (days > 31) found.push("month");
  return found;
}

function usual(first: Day, last: Day, steps: Step[]): Step {
  const days = daysBetween(first, last) + 1;
  const wanted: Step = days <= 2 ? "30m" : days <= 7 ? "hour" : days <= 92 ? "day" : "month";
  return steps.includes(wanted) ? wanted : (steps[0] ?? "day");
}

/** Every version that there is, the newest first. */
export const versionsOf = (points: Point[]): number[] => [...new Set(points.flatMap((one) => one.versions))].sort((one, other) => other - one);

/** What can be shown of the points: both directions together where there are both. */
export function channelsOf(points: Point[]): string[] {
  const found = [...new Set(points.flatMap((one) => one.channels))];
  return found.includes("import") && found.includes("export") ? ["both", ...found] : found;
}

/** Put into the address. `step`: the reader can go back from it. */
export function write(changes: Partial<Record<"span" | "at" | "from" | "to" | "by" | "version" | "against" | "show" | "channel", string>> & { point?: string[] }, step = true): void {
  ask(changes, step);
}
