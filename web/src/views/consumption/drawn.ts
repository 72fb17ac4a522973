/** What is shown of a period, once it has come. */
import { daysBetween, type Clock, type Day } from "../../kit/days";
import { choice, h, problem } from "../../kit/dom";
import { write, zonesOf, type Asked } from "./asked";
import { columns, costs, places, together, type Column, type Spent } from "./fetched";
import { charted } from "./chart";
import { summary } from "./figures";
import { mapped } from "./map";
import { tabled } from "./table";
import type { Told } from "./told";

export interface Made {
  parts: HTMLElement[];
  remove: () => void;
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
    priced
      ? costs(account, asked, clock).then(
          (spent): Priced => ({ spent, wrong: null }),
          (wrong: unknown): Priced => ({ spent: null, wrong }),
        )
      : { spent: null, wrong: null },
  ]);
  const main = asked.channel === "both" ? "import" : asked.channel;
  const of = (all: typeof found, channel: string): Column =>
    together(
      channel === "export" ? "Given" : "Taken",
      all.filter((one) => one.channel === channel).map((one) => one.column),
    );
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

function views({ asked, cost }: Told): HTMLElement {
  const options: [string, string][] = [
    ["energy", "Energy"],
    ...(cost ? ([["cost", "Cost"]] as [string, string][]) : []),
    ["table", "Table"],
  ];
  return choice("Shown as", options, asked.show, (show) => {
    write({ show: show === "energy" ? "" : show }, false);
    dispatchEvent(new PopStateEvent("popstate"));
  });
}
