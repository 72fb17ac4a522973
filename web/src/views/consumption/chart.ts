/** Which chart shows a period: bars, a band where there are too many, differences, costs; and its words. */
import { plot, sentence, type Drawn, type Shown } from "../../charts/plot";
import { addDays, addMonths, clockTime, duration, monthName, monthShort, period, short, withWeekday, type Day } from "../../kit/days";
import { h } from "../../kit/dom";
import { decimal, energy, money } from "../../kit/format";
import { difference, over, places, type Compared, type Places, type Spent } from "./fetched";
import { lacking, type Told } from "./told";

/** More places than bars can be told apart: a band from the least to the most of each day. */
export const BARS = 400;
const COLOURS = ["--first", "--second", "--third", "--fourth", "--fifth", "--sixth"];

export function charted(told: Told, zoom: (first: Day, last: Day) => void): HTMLElement {
  const place = h("div", { class: "chart", role: "img" });
  const { shown, where } = chosen(told);
  shown.over = over(where);
  if (told.asked.first !== told.asked.last) shown.zoom = (first, last) => zoom(dayAt(told, where, first), lastDayAt(told, where, last));
  const most = mostOf(shown);
  place.setAttribute(
    "aria-label",
    `${shown.drawn.map((one) => one.label).join(" and ")}, ${period(told.asked.first, told.asked.last)}: ${shown.drawn[0]?.values.filter((value) => value !== null).length ?? 0} values. ${most === null ? "Nothing was read." : `Most: ${sentence(shown, most)}.`}`,
  );
  plot(place, shown);
  const key =
    shown.drawn.length > 1 && shown.kind === "bars"
      ? h("ul", { class: "key" }, ...shown.drawn.map((one) => h("li", {}, h("i", { class: `swatch ${one.colour.slice(2)}` }), one.label)))
      : "";
  const one = where.step === "month" ? "month" : "day";
  const hint = shown.zoom
    ? [
        h("span", { class: "mouse" }, `Click a ${one} to open it, or drag over several.`),
        h("span", { class: "touch" }, `Tap a ${one} to read it, and again to open it.`),
      ]
    : "";
  return h(
    "div",
    { class: "charted" },
    place,
    h("p", { class: "told", "aria-live": "off" }, most === null ? "Nothing was read in this period." : `Most: ${sentence(shown, most)}`),
    key,
    hint && h("p", { class: "soft hint" }, hint),
  );
}

/** A chart, and the places along its axis. */
interface Chosen {
  shown: Shown;
  where: Places;
}

function chosen(told: Told): Chosen {
  const { asked, cost, against, where } = told;
  if (asked.show === "cost" && cost) return { shown: ofCost(told, cost), where: cost.where };
  if (against) return { shown: ofDifference(told, against), where };
  return where.keys.length > BARS ? ofBand(told) : { shown: ofEnergy(told), where };
}

/** Where most is: of a band by its upper edge, of bars by what stands above zero, all of it together. */
function mostOf(shown: Shown): number | null {
  // Of differences the largest, whichever way it goes.
  const size = (value: number | null): number | null => (value === null || !shown.drawn[0]?.below ? value : Math.abs(value));
  const above = (place: number): number | null => {
    const held = shown.drawn.map((one) => one.values[place]).filter((value): value is number => value !== null && value !== undefined);
    return held.length ? held.reduce((sum, value) => sum + Math.max(0, value), 0) : null;
  };
  const values =
    shown.kind === "bars" && shown.drawn.length > 1
      ? (shown.drawn[0]?.values ?? []).map((_, place) => above(place))
      : (shown.drawn[shown.kind === "band" ? 1 : 0]?.values ?? []).map(size);
  return values.reduce<number | null>(
    (at, value, place) => (value !== null && (at === null || value > (values[at] ?? -Infinity)) ? place : at),
    null,
  );
}

function ofEnergy(told: Told): Shown {
  const { taken, given, each } = told;
  const several = !given && each.length > 1 && each.length <= COLOURS.length;
  const main: Drawn[] = several
    ? each.map(({ point, column }, index) => ({
        label: point,
        values: column.values,
        estimated: column.estimated,
        colour: COLOURS[index] ?? "--first",
      }))
    : [
        {
          label: taken.label,
          values: taken.values,
          estimated: taken.estimated,
          colour: told.asked.channel.endsWith("export") ? "--second" : "--first",
        },
      ];
  const down: Drawn[] = given
    ? [
        {
          label: given.label,
          values: given.values.map((value) => (value === null ? null : -value)),
          estimated: given.estimated,
          colour: "--second",
        },
      ]
    : [];
  return {
    kind: "bars",
    drawn: [...main, ...down],
    together: several,
    lacking: lacking(told).map((minutes) => (minutes ? `${duration(minutes)} missing` : "")),
    ...axis(told),
    unit: taken.unit,
    told: (value) => energy(Math.abs(value), taken.unit),
  };
}

/** Of each day the least, the most and the mean of its half hours: more half hours than there are pixels. */
function ofBand(told: Told): Chosen {
  const { where, taken, clock, asked } = told;
  const held = new Map<Day, number[]>();
  where.keys.forEach((time, place) => {
    const value = taken.values[place];
    if (value === null || value === undefined) return;
    const day = clock.day(time as number);
    held.set(day, [...(held.get(day) ?? []), value]);
  });
  const all = places(asked.first, asked.last, "day", clock);
  const column = (pick: (values: number[]) => number): (number | null)[] =>
    all.keys.map((day) => (held.get(day as Day)?.length ? pick(held.get(day as Day) as number[]) : null));
  const shown: Shown = {
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
  return { shown, where: all };
}

function ofDifference(told: Told, against: Compared): Shown {
  const column = difference(`Version ${told.asked.against} less version ${told.asked.version}`, against.now, against.other);
  return {
    kind: told.where.keys.length > BARS ? "line" : "bars",
    drawn: [{ label: column.label, values: column.values, colour: "--first", below: "--second" }],
    ...axis(told),
    unit: column.unit,
    told: (value) => `${value > 0 ? "+" : ""}${decimal(value)} ${column.unit}`,
  };
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

/** The day that a place of the chart is in. */
function dayAt({ clock, asked }: Told, where: Places, place: number): Day {
  const key = where.keys[place] ?? asked.first;
  if (typeof key === "number") return clock.day(key);
  return key < asked.first ? asked.first : key;
}

/** The last day that is in a place: of a month its own last. */
function lastDayAt(told: Told, where: Places, place: number): Day {
  if (where.step !== "month") return dayAt(told, where, place);
  const last = addDays(addMonths(where.keys[place] as Day, 1), -1);
  return last > told.asked.last ? told.asked.last : last;
}

function axis({ where, clock, asked }: Told): Pick<Shown, "name" | "tick"> {
  const { keys, step } = where;
  const one = asked.first === asked.last;
  const at = (place: number): number | Day => keys[place] ?? 0;
  if (step === "month")
    return {
      name: (place) => monthName(String(at(place))),
      tick: (place) => (keys.length > 14 && !String(at(place)).includes("-01-") ? "" : monthShort(String(at(place)))),
    };
  if (step === "day")
    return {
      name: (place) => withWeekday(String(at(place))),
      tick: (place) =>
        keys.length > 70 ? (String(at(place)).endsWith("-01") ? monthShort(String(at(place))) : "") : short(String(at(place))),
    };
  return {
    name: (place) => clock.told(Number(at(place))),
    tick: (place) => {
      const [minute, day] = [clock.minute(Number(at(place))), clock.day(Number(at(place)))];
      if (one) return minute % 180 ? "" : clockTime(minute);
      return minute ? "" : short(day);
    },
  };
}
