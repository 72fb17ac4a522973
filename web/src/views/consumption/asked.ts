/** What the reader wants to see of an account's readings, as the address says it. Days are inclusive. */
import { ask, asked } from "../../kit/address";
import { addDays, addMonths, daysBetween, firstOfMonth, firstOfYear, isDay, weekday, type Day } from "../../kit/days";
import type { Point } from "../../model";

export const SPANS = [
  ["day", "Day"],
  ["week", "Week"],
  ["month", "Month"],
  ["year", "Year"],
  ["own", "Own"],
] as const;
export type Span = (typeof SPANS)[number][0];
export const STEPS = [
  ["30m", "Half hours"],
  ["hour", "Hours"],
  ["day", "Days"],
  ["month", "Months"],
] as const;
export type Step = (typeof STEPS)[number][0];
export type Show = "energy" | "cost" | "table";

/** Instead of names: every point of the account, however many. */
export const EVERY = "*";

export interface Asked {
  points: Point[];
  /** As the API is asked for them. */
  names: string[];
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
  /** What the address asks for and isn't here, in sentences: what is shown instead must not be taken for it. */
  refused: string[];
}

/** From the address; what it does not say, or what can't be, is as the newest readings suggest. */
export function read(points: Point[], newest: Day): Asked {
  const query = asked();
  const refused: string[] = [];
  const names = query.getAll("point");
  const all = names.includes(EVERY);
  const named = points.filter((one) => all || names.includes(one.point));
  const strange = names.filter((name) => name !== EVERY && !points.some((one) => one.point === name));
  if (strange.length) refused.push(`This account has no point ${strange.join(", ")}.`);
  const chosen = named.length ? named : points.slice(0, 1);
  const { span, first, last } = days(query, newest, refused);
  const steps = stepsFor(first, last, chosen);
  const versions = versionsOf(chosen).map(String);
  const version = versions.includes(query.get("version") ?? "") ? (query.get("version") as string) : "latest";
  for (const asks of ["version", "against"] as const) {
    const wanted = query.get(asks) ?? "";
    if (wanted && wanted !== "latest" && !versions.includes(wanted)) refused.push(`There is no version ${wanted} of what is shown.`);
  }
  const against = query.get("against") ?? "";
  for (const [asks, options] of [
    ["span", SPANS.map(([one]) => one)],
    ["by", steps],
    ["channel", channelsOf(chosen)],
    ["show", ["energy", "cost", "table"]],
  ] as [string, string[]][]) {
    const wanted = query.get(asks) ?? "";
    if (wanted && !options.includes(wanted)) refused.push(`${asks}=${wanted} can't be shown here; ${options.join(", ")} can.`);
  }
  const channels = channelsOf(chosen);
  return {
    points: chosen,
    names: all && points.length > 1 ? [EVERY] : chosen.map((one) => one.point),
    channel: channels.includes(query.get("channel") ?? "") ? (query.get("channel") as string) : (channels[0] ?? "import"),
    span,
    first,
    last,
    step: steps.includes(query.get("by") as Step) ? (query.get("by") as Step) : usual(first, last, steps),
    version,
    against: (versions.includes(against) || against === "latest") && against !== version ? against : "",
    show: pick([["energy"], ["cost"], ["table"]] as const, query.get("show")) ?? "energy",
    refused,
  };
}

/** The span and its days; the month of the newest reading where the address has none that can be. */
function days(query: URLSearchParams, newest: Day, refused: string[]): { span: Span; first: Day; last: Day } {
  const given = (name: string): string => query.get(name) ?? "";
  const none = ["at", "from", "to"].map(given).filter((text) => text && !isDay(text));
  if (none.length) refused.push(`“${none.join("”, “")}” is no day; days are written as 2026-01-31, from 1900 to 2199.`);
  const span = pick(SPANS, given("span")) ?? "month";
  const [from, to] = [given("from"), given("to")];
  if (span === "own" && isDay(from) && isDay(to)) {
    if (from <= to) return { span, first: from, last: to };
    refused.push(`The last day, ${to}, is before the first, ${from}.`);
  } else if (span === "own" && !none.length) refused.push("An own period has a first and a last day, as from=2026-01-01&to=2026-01-31.");
  const usual = span === "own" ? "month" : span;
  const [first, last] = period(usual, isDay(given("at")) ? given("at") : newest);
  return { span: usual, first, last };
}

const pick = <T extends string>(options: readonly (readonly [T, ...string[]])[], value: string | null): T | undefined =>
  options.find(([one]) => one === value)?.[0];

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

/** The clocks by which the points are settled: of several, hours can't stand side by side. */
export const zonesOf = (points: Point[]): string[] => [...new Set(points.map((one) => one.zone))];

/** How finely a period may be shown: not finer than it was recorded, nor so finely that nothing can be seen. */
export function stepsFor(first: Day, last: Day, points: Point[]): Step[] {
  const days = daysBetween(first, last) + 1;
  const coarsest = zonesOf(points).length > 1 ? 1440 : Math.max(0, ...points.map((one) => Math.max(0, ...one.minutes)));
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
export const versionsOf = (points: Point[]): number[] =>
  [...new Set(points.flatMap((one) => one.versions))].sort((one, other) => other - one);

/** What can be shown of the points: both directions together where there are both. */
export function channelsOf(points: Point[]): string[] {
  const found = [...new Set(points.flatMap((one) => one.channels))];
  return found.includes("import") && found.includes("export") ? ["both", ...found] : found;
}

/** Put into the address. `step`: the reader can go back from it. */
export function write(
  changes: Partial<Record<"span" | "at" | "from" | "to" | "by" | "version" | "against" | "show" | "channel", string>> & {
    point?: string[];
  },
  step = true,
): void {
  ask(changes, step);
}
