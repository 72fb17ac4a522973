/** What is shown of a period, once it has come: figures, chart or table, and the map of its half hours. */
import { heatMap } from "../../charts/heat";
import { plot, sentence, type Drawn, type Shown } from "../../charts/plot";
import { addDays, addMonths, clockTime, daysBetween, duration, monthName, monthShort, period, short, withWeekday, type Clock, type Day } from "../../kit/days";
import { choice, figure, h, problem, say, table } from "../../kit/dom";
import { change as changed, decimal, energy, money, power } from "../../kit/format";
import { write, zonesOf, type Asked } from "./asked";
import { baseLoad, columns, costs, difference, overBy, places, together, type Column, type Places, type Spent } from "./fetched";

/** More places than bars can be told apart: a band from the least to the most of each day. */
const BARS = 400;
const COLOURS = ["--first", "--second", "--third", "--fourth", "--fifth", "--sixth"];

export interface Made {
  parts: HTMLElement[];
  remove: () => void;
}

interface Told {
  asked: Asked;
  clock: Clock;
  where: Places;
  /** What was taken, or the one direction that is shown; and what was given, where both are. */
  taken: Column;
  given: Column | null;
  /** Each point by itself, where few enough are shown to be told apart. */
  each: { point: string; column: Column }[];
  against: Column | null;
  cost: Spent | null;
}

/** What it costs can be a problem of its own: the energy is shown all the same, and the problem beside it. */
type Priced = { spent: Spent | null; wrong: unknown };

/** Fetch and draw. `zoom` is called with the days that were marked in the chart. */
export async function drawn(account: string, asked: Asked, clock: Clock, zoom: (first: Day, last: Day) => void): Promise<Made> {
  const where = places(asked.first, asked.last, asked.step, clock);
  const priced = asked.channel === "import" || asked.channel === "both";
  const [found, other, cost] = await Promise.all([
    columns(account, asked, asked.version, where),
    asked.against ? columns(account, asked, asked.against, where) : null,
    priced ? costs(account, asked, clock).then((spent): Priced => ({ spent, wrong: null }), (wrong: unknown): Priced => ({ spent: null, wrong })) : { spent: null, wrong: null },
  ]);
  const main = asked.channel === "both" ? "import" : asked.channel;
  const of = (all: typeof found, channel: string): Column => together(channel === "export" ? "Given" : "Taken", all.filter((one) => one.channel === channel).map((one) => one.column));
  const told: Told = {
    asked,
    clock,
    where,
    taken: of(found, main),
    given: asked.channel === "both" ? of(found, "export") : null,
    each: found.filter((one) => one.channel === main),
    against: other ? of(other, main) : null,
    cost: cost.spent,
  };
  const remove: (() => void)[] = [];
  const figures = summary(told);
  const head = h("div", { class: "chart-head" }, h("h3", {}, titled(told)), views(told));
  const main_part = asked.show === "table" ? tabled(told) : charted(told, zoom, remove);
  const map = h("div", { class: "map" });
  const parts = [...(cost.wrong ? [problem(cost.wrong)] : []), figures, head, main_part, map];
  const fine = zonesOf(asked.points).length === 1 && asked.points.every((one) => one.minutes.every((minutes) => minutes <= 60));
  if (fine && daysBetween(asked.first, asked.last) < 400) void mapped(account, told, map, figures, remove);
  return { parts, remove: () => remove.forEach((one) => one()) };
}

/** What is drawn, in its unit: "kWh by day". */
function titled({ asked, where, taken, cost }: Told): string {
  const by = { "30m": "by half hour", hour: "by hour", day: "by day", month: "by month" };
  if (asked.show === "cost" && cost) return `Cost in ${cost.currency} ${by[cost.where.step]}`;
  return `${asked.against && asked.show !== "table" ? "Difference in " : ""}${taken.unit} ${by[where.step]}`;
}

const sum = (values: (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

function summary({ asked, where, taken, given, against, cost }: Told): HTMLElement {
  const total = sum(taken.values);
  const read = taken.values.filter((value) => value !== null).length;
  const missing = sum(taken.missing);
  const estimated = taken.estimated.filter(Boolean).length;
  const unit = STEP_WORDS[where.step] ?? "values";
  const spent = cost ? totals(cost) : null;
  return h(
    "div",
    { class: "figures" },
    figure(given ? "Taken" : "Total", read ? energy(total, taken.unit) : "no readings"),
    given ? figure("Given", energy(sum(given.values), given.unit)) : "",
    spent && cost ? figure("Cost", spent.some ? money(spent.all, cost.currency) : "no price", cost.unpriced || `${money(spent.standing, cost.currency)} of it standing charge`) : "",
    read && asked.first !== asked.last ? figure("A day, on average", energy((total / Math.max(taken.covered, 30)) * 1440, taken.unit)) : "",
    h("div", { class: "figure base", hidden: true }),
    against ? figure(`Version ${asked.against} against ${asked.version}`, `${sum(difference("", taken, against).values) > 0 ? "+" : ""}${energy(sum(difference("", taken, against).values), taken.unit)}`, changed(sum(against.values), total)) : "",
    missing ? figure("Missing", duration(missing), "drawn as stripes") : "",
    estimated ? figure("Estimated", `${estimated} of ${read} ${unit}`, "in whole or in part") : "",
  );
}

const STEP_WORDS: Record<string, string> = { "30m": "half hours", hour: "hours", day: "days", month: "months" };

function totals(cost: Spent): { all: number; standing: number; some: boolean } {
  const standing = sum(cost.standing);
  return { all: sum(cost.amount) + standing, standing, some: [...cost.amount, ...cost.standing].some((one) => one !== null) };
}

function views({ asked, cost }: Told): HTMLElement {
  const options: [string, string][] = [["energy", "Energy"], ...(cost ? ([["cost", "Cost"]] as [string, string][]) : []), ["table", "Table"]];
  return choice("Shown as", options, asked.show, (show) => {
    write({ show: show === "energy" ? "" : show }, false);
    dispatchEvent(new PopStateEvent("popstate"));
  });
}

function charted(told: Told, zoom: (first: Day, last: Day) => void, remove: (() => void)[]): HTMLElement {
  const place = h("div", { class: "chart", role: "img" });
  const shown = told.asked.show === "cost" && told.cost ? ofCost(told, told.cost) : told.against ? ofDifference(told, told.against) : ofEnergy(told);
  shown.over = overBy(told.asked.show === "cost" && told.cost ? told.cost.where : shown.kind === "band" ? places(told.asked.first, told.asked.last, "day", told.clock) : told.where, Date.now());
  if (told.asked.first !== told.asked.last) shown.zoom = (first, last) => zoom(dayAt(told, first), lastDayAt(told, last));
  const most = mostOf(shown);
  place.setAttribute("aria-label", `${shown.drawn.map((one) => one.label).join(" and ")}, ${period(told.asked.first, told.asked.last)}: ${shown.drawn[0]?.values.filter((value) => value !== null).length ?? 0} values. ${most === null ? "Nothing was read." : `Most: ${sentence(shown, most)}.`}`);
  // Once the page is laid out, since the chart is as wide as its place.
  requestAnimationFrame(() => remove.push(plot(place, shown)));
  const key = shown.drawn.length > 1 && shown.kind === "bars" ? h("ul", { class: "key" }, ...shown.drawn.map((one) => h("li", {}, h("i", { class: `swatch ${one.colour.slice(2)}` }), one.label))) : "";
  const one = told.where.step === "month" ? "month" : "day";
  const hint = shown.zoom ? [h("span", { class: "mouse" }, `Click a ${one} to open it, or drag over several.`), h("span", { class: "touch" }, `Tap a ${one} to read it, and again to open it.`)] : "";
  return h("div", { class: "charted" }, place, h("p", { class: "told", "aria-live": "off" }, most === null ? "Nothing was read in this period." : `Most: ${sentence(shown, most)}`), key, hint && h("p", { class: "soft hint" }, hint));
}

function mostOf(shown: Shown): number | null {
  const values = shown.kind === "band" ? (shown.drawn[1]?.values ?? []) : (shown.drawn[0]?.values ?? []);
  return values.reduce<number | null>((at, value, place) => (value !== null && (at === null || value > (values[at] ?? -Infinity)) ? place : at), null);
}

function ofEnergy(told: Told): Shown {
  const { where, taken, given, each } = told;
  if (where.keys.length > BARS) return ofBand(told);
  const several = !given && each.length > 1 && each.length <= COLOURS.length;
  const main: Drawn[] = several
    ? each.map(({ point, column }, index) => ({ label: point, values: column.values, estimated: column.estimated, colour: COLOURS[index] ?? "--first" }))
    : [{ label: taken.label, values: taken.values, estimated: taken.estimated, colour: told.asked.channel.endsWith("export") ? "--second" : "--first" }];
  const down: Drawn[] = given ? [{ label: given.label, values: given.values.map((value) => (value === null ? null : -value)), estimated: given.estimated, colour: "--second" }] : [];
  return { kind: "bars", drawn: [...main, ...down], ...axis(told), unit: taken.unit, told: (value) => energy(Math.abs(value), taken.unit) };
}

/** Of each day the least, the most and the mean of its half hours: more half hours than there are pixels. */
function ofBand(told: Told): Shown {
  const { where, taken, clock, asked } = told;
  const held = new Map<Day, number[]>();
  where.keys.forEach((time, place) => {
    const value = taken.values[place];
    if (value === null || value === undefined) return;
    const day = clock.day(time as number);
    held.set(day, [...(held.get(day) ?? []), value]);
  });
  const all = places(asked.first, asked.last, "day", clock);
  const column = (pick: (values: number[]) => number): (number | null)[] => all.keys.map((day) => (held.get(day as Day)?.length ? pick(held.get(day as Day) as number[]) : null));
  return {
    kind: "band",
    drawn: [
      { label: "least", values: column((values) => Math.min(...values)), colour: "--first" },
      { label: "most", values: column((values) => Math.max(...values)), colour: "--first" },
      { label: "mean", values: column((values) => values.reduce((one, other) => one + other, 0) / values.length), colour: "--first" },
    ],
    ...axis({ ...told, where: all }),
    unit: taken.unit,
    told: (value) => energy(value, taken.unit),
  };
}

function ofDifference(told: Told, against: Column): Shown {
  const column = difference(`Version ${told.asked.against} less version ${told.asked.version}`, told.taken, against);
  return { kind: told.where.keys.length > BARS ? "line" : "bars", drawn: [{ label: column.label, values: column.values, colour: "--first", below: "--second" }], ...axis(told), unit: column.unit, told: (value) => `${value > 0 ? "+" : ""}${decimal(value)} ${column.unit}` };
}

function ofCost(told: Told, cost: Spent): Shown {
  return {
    kind: cost.where.keys.length > BARS ? "line" : "bars",
    drawn: [
      { label: "Energy", values: cost.amount, colour: "--first" },
      { label: "Standing charge", values: cost.standing, colour: "--third" },
    ],
    ...axis({ ...told, where: cost.where }),
    unit: cost.currency,
    told: (value) => money(value, cost.currency),
  };
}

/** The day that a place of the chart is in; of a band its places are days. */
function dayAt({ where, clock, asked }: Told, place: number): Day {
  const key = where.keys.length > BARS ? addDays(asked.first, place) : (where.keys[place] ?? asked.first);
  if (typeof key === "number") return clock.day(key);
  return key < asked.first ? asked.first : key;
}

/** The last day that is in a place: of a month its own last. */
function lastDayAt(told: Told, place: number): Day {
  const { where, asked } = told;
  if (where.step !== "month") return dayAt(told, place);
  const last = addDays(addMonths(where.keys[place] as Day, 1), -1);
  return last > asked.last ? asked.last : last;
}

function axis({ where, clock, asked }: Told): Pick<Shown, "name" | "tick"> {
  const { keys, step } = where;
  const one = asked.first === asked.last;
  const at = (place: number): number | Day => keys[place] ?? 0;
  if (step === "month") return { name: (place) => monthName(String(at(place))), tick: (place) => (keys.length > 14 && !String(at(place)).includes("-01-") ? "" : monthShort(String(at(place)))) };
  if (step === "day") return { name: (place) => withWeekday(String(at(place))), tick: (place) => (keys.length > 70 ? (String(at(place)).endsWith("-01") ? monthShort(String(at(place))) : "") : short(String(at(place)))) };
  return {
    name: (place) => clock.told(Number(at(place))),
    tick: (place) => {
      const [minute, day] = [clock.minute(Number(at(place))), clock.day(Number(at(place)))];
      if (one) return minute % 180 ? "" : clockTime(minute);
      return minute ? "" : short(day);
    },
  };
}

/** Values with their units, to read and to copy. */
function tabled(told: Told): HTMLElement {
  const { where, taken, given, against, cost, clock } = told;
  const head = ["From", `${taken.label}, ${taken.unit}`, ...(given ? [`Given, ${given.unit}`] : []), ...(against ? [`Version ${told.asked.against}`, "Difference"] : []), ...(cost && where.step !== "30m" ? [`Cost, ${cost.currency}`] : []), "Missing, minutes", "Quality"];
  const differences = against ? difference("", taken, against) : null;
  const spent = (place: number): string => {
    const [amount, standing] = [cost?.amount[place], cost?.standing[place]];
    return amount === null || amount === undefined ? "" : (amount + (standing ?? 0)).toFixed(2);
  };
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? "" : decimal(value));
  const rows = where.keys.map((key, place) => [
    typeof key === "number" ? clock.told(key) : where.step === "month" ? monthName(key) : withWeekday(key),
    number(taken.values[place]),
    ...(given ? [number(given.values[place])] : []),
    ...(against ? [number(against.values[place]), number(differences?.values[place])] : []),
    ...(cost && where.step !== "30m" ? [spent(place)] : []),
    taken.values[place] === null ? "all" : number(taken.missing[place] || null),
    taken.values[place] === null ? "not read" : taken.estimated[place] ? "estimated in part" : "measured",
  ]);
  const copy = h("button", { type: "button", class: "quiet", onclick: () => void copied(head, rows) }, "Copy the table");
  const sides = head.map((text, index) => (index && index < head.length - 1 ? ({ text, number: true } as const) : text));
  return h("div", { class: "tabled" }, copy, table(`${period(told.asked.first, told.asked.last)}, ${clock.name}`, sides, rows));
}

async function copied(head: string[], rows: string[][]): Promise<void> {
  await navigator.clipboard.writeText([head, ...rows].map((row) => row.join("\t")).join("\n"));
  say(`${rows.length} rows are in the clipboard, as a spreadsheet takes them.`);
}

/** The half hours of the period, fetched after what was asked for; with them goes what is always on. */
async function mapped(account: string, told: Told, place: HTMLElement, figures: HTMLElement, remove: (() => void)[]): Promise<void> {
  const { clock } = told;
  const minutes = told.asked.points.every((one) => one.minutes.every((length) => length <= 30)) ? 30 : 60;
  const asked: Asked = { ...told.asked, step: minutes === 30 ? "30m" : "hour", channel: told.asked.channel === "both" ? "import" : told.asked.channel };
  try {
    const where = told.where.step === asked.step ? told.where : places(asked.first, asked.last, asked.step, clock);
    const fetched = async (version: string): Promise<Column> => together("", (await columns(account, asked, version, where)).map((one) => one.column));
    const [now, other] = await Promise.all([where === told.where ? told.taken : fetched(asked.version), asked.against ? fetched(asked.against) : null]);
    const shown = other ? difference("", now, other) : now;
    const held = where.keys.map((_, index) => index).filter((index) => shown.values[index] !== null);
    if (!held.length) return;
    const sign = (value: number): string => (other && value > 0 ? "+" : "");
    const { figure: drawing, remove: gone } = heatMap({
      clock,
      first: asked.first,
      end: addDays(asked.last, 1),
      minutes,
      starts: held.map((index) => Number(where.keys[index])),
      values: held.map((index) => shown.values[index] ?? 0),
      estimated: held.map((index) => shown.estimated[index] ?? false),
      told: (value) => `${sign(value)}${decimal(value)} ${shown.unit}`,
      title: other ? "Difference" : "Consumption",
      now: Date.now(),
    });
    remove.push(gone);
    place.replaceChildren(h("h3", {}, other ? "Where they differ" : minutes === 30 ? "Each half hour" : "Each hour"), drawing);
    const base = minutes === 30 && asked.channel === "import" && !other ? baseLoad(where, now, clock) : null;
    const card = figures.querySelector<HTMLElement>(".base");
    if (base !== null && card) {
      card.replaceChildren(h("span", {}, "Always on"), h("strong", {}, power(base)), h("small", {}, "the least half hour of each day, on average"));
      card.hidden = false;
    }
  } catch {
    place.replaceChildren(h("p", { class: "soft" }, "The map of the half hours could not be fetched."));
  }
}
