/** Settlements: a month is asked for, its workflow is watched step by step, and its result is read and downloaded. */
import { accountPath, call, get } from "../kit/api";
import { addMonths, duration, moment, month as monthOf, monthName, type Clock } from "../kit/days";
import { field, h, problem, table } from "../kit/dom";
import { energy, money } from "../kit/format";
import type { Run, Settlement, Settlements, Settled, Step } from "../model";
import type { Place } from "../place";
import { clockOf } from "./clock";

const LOOK_EVERY = 800;
const BRANCHES: Record<string, string> = { then: "yes", otherwise: "no" };
const WORDS: Record<Step["state"], string> = { waiting: "waits", running: "runs", done: "done", failed: "failed", skipped: "not needed" };

export async function settlements({ account, may }: Place): Promise<HTMLElement> {
  const clock = await clockOf(account);
  const base = `${accountPath(account)}/settlements`;
  const newest = monthOf(addMonths(clock.day(Date.now()), -1));
  const month = h("input", { type: "month", required: true, max: newest, value: newest });
  const estimate = h("input", { type: "checkbox" });
  const button = h("button", { type: "submit" }, "Settle");
  const refused = h("div", {});
  const shown = h("div", { "aria-live": "polite" });
  const before = h("div", {});
  const form = h(
    "form",
    { class: "controls" },
    field("Month", month, "One that is over"),
    field("Estimate what is missing", estimate, "From the same half hours of the four weeks before"),
    button,
  );
  let turn = 0;

  const watch = async (id: string): Promise<void> => {
    const mine = ++turn;
    for (;;) {
      const run = await get<Settlement>(`${base}/${id}`);
      if (mine !== turn || (!shown.isConnected && shown.childNodes.length)) return;
      shown.replaceChildren(view(run, clock));
      if (run.state !== "running") return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  };
  const list = async (): Promise<void> => {
    const found = await get<Settlements>(base);
    before.replaceChildren(former(found, clock, (id) => void watch(id).catch((error: unknown) => shown.replaceChildren(problem(error)))));
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    refused.replaceChildren();
    try {
      const { body } = await call<Settlement>("POST", base, { json: { month: month.value, estimate: estimate.checked } });
      await watch(body.id);
      await list();
    } catch (error) {
      refused.replaceChildren(problem(error));
    } finally {
      button.disabled = false;
    }
  });
  await list();
  return h(
    "div",
    { class: "stack" },
    !may("settle")
      ? ""
      : h(
          "section",
          { class: "card" },
          h("h2", {}, "Settle a month"),
          h("p", {}, "Every half hour is accounted for, and priced by the contract in the account's settings."),
          refused,
          form,
        ),
    shown,
    before,
  );
}

function former(found: Settlements, clock: Clock, open: (id: string) => void): HTMLElement {
  if (!found.runs.length)
    return h("section", { class: "card" }, h("h2", {}, "Settlements"), h("p", {}, "No month of this account has been settled yet."));
  const runs = found.runs.map((run: Run) => [
    monthName(`${run.month}-01`),
    moment(run.requested, clock),
    run.state === "running" ? "runs" : run.state === "done" ? "done" : `failed: ${run.error?.detail ?? ""}`,
    h(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": `Show the run of ${monthName(`${run.month}-01`)}, ${moment(run.requested, clock)}`,
        onclick: () => open(run.id),
      },
      "Show",
    ),
  ]);
  const published = found.settlements.map((one) => [
    monthName(`${one.month}-01`),
    String(one.version),
    moment(one.settled, clock),
    money(one.total, one.currency),
    energy(Number(one.estimated_kwh)),
  ]);
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Settlements"),
    published.length
      ? table(
          "Published, the latest first",
          ["Month", "Version", "Settled", { text: "Total", number: true }, { text: "Estimated", number: true }],
          published,
        )
      : "",
    table("Runs, the newest first", ["Month", "Asked for", "State", ""], runs),
  );
}

function view(run: Settlement, clock: Clock): HTMLElement {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, `Settlement of ${monthName(`${run.month}-01`)}`),
    run.state === "running" ? h("p", { role: "status" }, "The settlement runs…") : "",
    run.error ? problem(sentence(run.error.detail)) : "",
    run.gaps.length && !run.result
      ? table(
          "What is missing",
          ["Point", "Direction", "How much", "From"],
          run.gaps.map((gap) => [gap.point, gap.channel, duration(gap.minutes), moment(gap.first, clock)]),
        )
      : "",
    run.result ? result(run.result) : "",
    h("h3", {}, "Its steps"),
    row(run.steps, null, null),
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function result(settled: Settled): HTMLElement {
  const lines = settled.lines.map((line) => [
    line.point,
    line.product,
    line.channel === "standing" ? "standing charge" : line.band === "base" ? line.channel : `${line.channel}, ${line.band}`,
    `${line.quantity} ${line.unit === "day" && line.quantity !== "1" ? "days" : line.unit}`,
    line.estimated === "0" ? "" : line.estimated,
    line.rate,
    line.amount,
  ]);
  const changed = settled.changes;
  return h(
    "div",
    {},
    h(
      "p",
      { class: "price" },
      h("strong", {}, money(settled.total, settled.currency)),
      ` for ${energy(Number(settled.import_kwh))} taken and ${energy(Number(settled.export_kwh))} given (version ${settled.version})`,
    ),
    settled.estimated_kwh === "0" ? "" : h("p", {}, `${settled.estimated_kwh} kWh of it are estimated.`),
    settled.left_out.length
      ? h(
          "p",
          {},
          `Without readings in the month, and left out: ${settled.left_out.map((one) => `${one.point} (${one.channel})`).join(", ")}.`,
        )
      : "",
    changed
      ? h(
          "p",
          {},
          `Against version ${changed.version} (${money(changed.total, changed.currency)}) ${changed.difference === null ? "the currency is another" : `it is ${money(changed.difference, settled.currency)} ${Number(changed.difference) < 0 ? "less" : "more"}`}, in ${changed.count} ${changed.count === 1 ? "line" : "lines"}.`,
        )
      : "",
    h(
      "p",
      {},
      h("a", { class: "button", href: settled.csv.url, download: `${settled.account}-${settled.month}.csv` }, "Download CSV"),
      " ",
      h("a", { href: settled.days.url, download: `${settled.account}-${settled.month}-days.json` }, "Day by day (JSON)"),
    ),
    table(
      "Lines",
      ["Point", "Product", "What", ...["Quantity", "Estimated", "Rate", "Amount"].map((text) => ({ text, number: true as const }))],
      lines,
    ),
    h("p", { class: "soft" }, `Rounded: ${settled.rounding}.`),
  );
}

/** Steps of one row, one under the other; what stands in a step is drawn inside of it, branches side by side. */
function row(steps: Step[], parent: string | null, branch: string | null): HTMLElement {
  const own = steps.filter((step) => step.parent === parent && step.branch === branch);
  return h("ol", { class: "flow" }, ...own.map((step) => h("li", {}, box(step, steps))));
}

function box(step: Step, steps: Step[]): HTMLElement {
  const missed = step.state === "skipped" && steps.some((one) => one.state === "failed");
  const branches = [...new Set(steps.filter((one) => one.parent === step.name).map((one) => one.branch))];
  const count = step.items === null || step.kind !== "task" || step.state === "skipped" ? "" : ` ${step.done} of ${step.items}`;
  const again =
    step.attempts && step.state !== "failed" ? `, after ${step.attempts} failed ${step.attempts === 1 ? "attempt" : "attempts"}` : "";
  return h(
    "div",
    { class: `step ${step.kind} ${step.state}` },
    h("strong", {}, step.name.replaceAll("_", " ")),
    " ",
    h("span", { class: "soft" }, `${missed ? "not reached" : WORDS[step.state]}${count}${again}`),
    step.detail && step.state === "failed" ? h("p", {}, sentence(step.detail)) : "",
    branches.length
      ? h(
          "div",
          { class: "branches" },
          ...branches.map((name) =>
            h("div", {}, name === null || step.kind === "map" ? "" : h("small", {}, BRANCHES[name] ?? name), row(steps, step.name, name)),
          ),
        )
      : "",
  );
}
