/** A period as a table, to read and to copy. */
import { monthName, period, withWeekday } from "../../kit/days";
import { h, say, table } from "../../kit/dom";
import { decimal } from "../../kit/format";
import { difference } from "./fetched";
import { lacking, sum, type Told } from "./told";

/** Values with their units, to read and to copy. */
export function tabled(told: Told): HTMLElement {
  const { where, taken, given, against, cost, clock } = told;
  const head = [
    "From",
    `${taken.label}, ${taken.unit}`,
    ...(given ? [`Given, ${given.unit}`] : []),
    ...(against ? [`Version ${told.asked.against}`, "Difference"] : []),
    ...(cost && where.step !== "30m" ? [`Cost, ${cost.currency}`] : []),
    "Missing, minutes",
    "Quality",
  ];
  const lacks = lacking(told);
  const differences = against ? difference("", against.now, against.other) : null;
  const spent = (place: number): string => {
    const [amount, standing] = [cost?.amount[place], cost?.standing[place]];
    const held = [amount, standing].filter((one): one is number => one !== null && one !== undefined);
    return held.length ? sum(held).toFixed(2) : "";
  };
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? "" : decimal(value));
  const rows = where.keys.map((key, place) => [
    typeof key === "number" ? clock.told(key) : where.step === "month" ? monthName(key) : withWeekday(key),
    number(taken.values[place]),
    ...(given ? [number(given.values[place])] : []),
    ...(against ? [number(against.other.values[place]), number(differences?.values[place])] : []),
    ...(cost && where.step !== "30m" ? [spent(place)] : []),
    number(lacks[place] || null),
    quality(told, place),
  ]);
  const copy = h("button", { type: "button", class: "quiet", onclick: () => void copied(head, rows) }, "Copy the table");
  const sides = head.map((text, index) => (index && index < head.length - 1 ? ({ text, number: true } as const) : text));
  return h("div", { class: "tabled" }, copy, table(`${period(told.asked.first, told.asked.last)}, ${clock.name}`, sides, rows));
}

function quality({ taken, where }: Told, place: number): string {
  if (taken.values[place] !== null) return taken.estimated[place] ? "estimated in part" : "measured";
  if ((where.spans[place]?.[1] ?? 0) > where.until) return "yet to come";
  return taken.missing[place] ? "not read" : "before the first reading";
}

async function copied(head: string[], rows: string[][]): Promise<void> {
  try {
    await navigator.clipboard.writeText([head, ...rows].map((row) => row.join("\t")).join("\n"));
  } catch {
    return say("The browser does not let this page copy. Select the table, and copy it by the keyboard.");
  }
  say(`${rows.length} rows are in the clipboard, as a spreadsheet takes them.`);
}
