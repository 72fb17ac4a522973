/** What is shown of a period, once it has come. */
import { daysBetween, type Clock, type Day } from "../../kit/days";
import { choice, h, problem } from "../../kit/dom";
import { kept } from "../../kit/focus";
import { write, zonesOf, type Asked, type Show } from "./asked";
import { columns, compared, costs, places, together, type Column, type PerPoint, type Spent } from "./fetched";
import { BARS, charted } from "./chart";
import { summary } from "./figures";
import { mapped } from "./map";
import { tabled } from "./table";
import type { Told } from "./told";

/** What it costs can be a problem of its own: the energy is shown all the same, and the problem beside it. */
type Priced = { spent: Spent | null; wrong: unknown };

/** Points whose half hours one map adds up: more take too long to fetch. */
const MAPPED = 20;

/** Fetch and draw. `zoom` is called with the days that were marked in the chart. */
export async function drawn(account: string, asked: Asked, clock: Clock, zoom: (first: Day, last: Day) => void): Promise<HTMLElement[]> {
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
  const mine = (all: PerPoint[]): PerPoint[] => all.filter((one) => one.channel === main);
  const of = (all: PerPoint[], channel: string): Column =>
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
    each: mine(found),
    against: other ? compared(mine(found), mine(other)) : null,
    cost: cost.spent,
  };
  const figures = summary(told);
  const head = h("div", { class: "chart-head" });
  const main_part = h("div", { class: "shown" });
  const present = (show: Show): void => {
    const back = kept(head);
    const now: Told = { ...told, asked: { ...asked, show } };
    head.replaceChildren(h("h3", {}, titled(now)), views(now, pick));
    main_part.replaceChildren(show === "table" ? tabled(now) : charted(now, zoom));
    back();
  };
  const pick = (show: Show): void => {
    write({ show: show === "energy" ? "" : show }, false);
    present(show);
  };
  present(asked.show);
  const map = h("div", { class: "map" });
  const fine =
    asked.points.length <= MAPPED &&
    zonesOf(asked.points).length === 1 &&
    asked.points.every((one) => one.minutes.every((minutes) => minutes <= 60));
  if (fine && daysBetween(asked.first, asked.last) < 400) void mapped(account, told, map, figures);
  return [...(cost.wrong ? [problem(cost.wrong)] : []), figures, head, main_part, map];
}

/** What is drawn, in its unit: "kWh by day". */
function titled({ asked, where, taken, given, cost }: Told): string {
  const by = { "30m": "by half hour", hour: "by hour", day: "by day", month: "by month" };
  if (asked.show === "cost" && cost) return `Cost in ${cost.currency} ${by[cost.where.step]}`;
  const what = asked.against && asked.show !== "table" ? "Difference in " : "";
  // A difference, and a band, are of one direction.
  const only = given && asked.show !== "table" && (asked.against || where.keys.length > BARS) ? `${taken.label}: ` : "";
  return `${only}${what}${taken.unit} ${by[where.step]}`;
}

function views({ asked, cost }: Told, pick: (show: Show) => void): HTMLElement {
  const options: [Show, string][] = [["energy", "Energy"], ...(cost ? [["cost", "Cost"] as [Show, string]] : []), ["table", "Table"]];
  return choice("Shown as", options, asked.show === "cost" && !cost ? "energy" : asked.show, (show) => pick(show as Show));
}
