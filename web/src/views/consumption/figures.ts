/** The figures above a chart: what it comes to, what it cost, what is missing. */
import { duration } from "../../kit/days";
import { figure, h } from "../../kit/dom";
import { change as changed, energy, money } from "../../kit/format";
import { difference, type Spent } from "./fetched";
import { lacking, sum, type Told } from "./told";

export function summary(told: Told): HTMLElement {
  const { asked, where, taken, given, against, cost } = told;
  const total = sum(taken.values);
  const read = taken.values.filter((value) => value !== null).length;
  const missing = sum(lacking(told));
  const estimated = taken.estimated.filter(Boolean).length;
  const unit = STEP_WORDS[where.step] ?? "values";
  const spent = cost ? totals(cost) : null;
  const credited = asked.points.some((one) => one.channels.includes("export")) ? " (less what was given)" : "";
  const differs = against ? sum(difference("", against.now, against.other).values) : 0;
  return h(
    "div",
    { class: "figures" },
    figure(given ? "Taken" : "Total", read ? energy(total, taken.unit) : "no readings"),
    given ? figure("Given", given.values.some((value) => value !== null) ? energy(sum(given.values), given.unit) : "no readings") : "",
    spent && cost && (read || spent.some)
      ? figure(
          cost.unpriced && spent.some ? "Cost of what has a price" : "Cost",
          spent.some ? money(spent.all, cost.currency) : "no price",
          cost.unpriced ||
            (spent.some
              ? `energy ${money(spent.all - spent.standing, cost.currency)}${credited}, standing charge ${money(spent.standing, cost.currency)}`
              : ""),
        )
      : "",
    read && asked.first !== asked.last ? figure("A day, on average", energy((total / Math.max(taken.covered, 30)) * 1440, taken.unit)) : "",
    h("div", { class: "figure base", hidden: true }),
    against
      ? figure(
          `Version ${asked.against} against ${asked.version}`,
          `${differs > 0 ? "+" : ""}${energy(differs, taken.unit)}`,
          changed(sum(against.other.values), sum(against.now.values)),
        )
      : "",
    missing ? figure("Missing", duration(missing), "drawn as stripes") : "",
    estimated ? figure("Estimated", `${estimated} of ${read} ${unit}`, "in whole or in part") : "",
  );
}

const STEP_WORDS: Record<string, string> = { "30m": "half hours", hour: "hours", day: "days", month: "months" };

function totals(cost: Spent): { all: number; standing: number; some: boolean } {
  const standing = sum(cost.standing);
  return { all: sum(cost.amount) + standing, standing, some: [...cost.amount, ...cost.standing].some((one) => one !== null) };
}
