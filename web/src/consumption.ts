/** Readings of a point: chart at one or two data versions, totals, and a heat map of the period. */
import { accountPath, get, pages } from "./api";
import { lineChart } from "./chart";
import { decimal, field, h, most, problem, select, table } from "./dom";
import { heatMap } from "./heatmap";
import type { Point, Readings } from "./model";

const VERSIONS: [string, string][] = [["latest", "latest"], ...Array.from({ length: 24 }, (_, index): [string, string] => [String(index + 1), `version ${index + 1}`])];
const RESOLUTIONS = [["30m", "half hour"], ["hour", "hour"], ["day", "day"], ["month", "month"], ["native", "as recorded"]] as const;

export async function consumption(account: string): Promise<HTMLElement> {
  const { points } = await get<{ points: Point[] }>(`${accountPath(account)}/points`);
  if (!points.length) {
    return h("section", { class: "card" }, h("h2", {}, "Consumption"), h("p", {}, "There are no readings yet. Upload a file of half-hourly readings to see them here."));
  }
  const point = select(points.map((one) => [one.point, one.point]));
  const version = select(VERSIONS, "latest");
  const compared = select([["", "nothing"], ...VERSIONS], "");
  const resolution = select(RESOLUTIONS, "30m");
  const channel = h("select", {});
  const from = h("input", { type: "date", required: true });
  const to = h("input", { type: "date", required: true });
  const chart = h("div", { class: "chart" });
  const summary = h("div", { class: "figures" });
  const more = h("div", {});
  let remove = (): void => undefined;
  let latest = 0;

  const period = (): void => {
    const chosen = points.find((one) => one.point === point.value);
    if (!chosen) return;
    channel.replaceChildren(...chosen.channels.map((one) => h("option", { value: one }, one)));
    if (!chosen.minutes.every((one) => one <= 30)) resolution.value = "hour";
    to.value = day(Date.parse(chosen.last) + 86_400_000);
    from.value = day(Math.max(Date.parse(chosen.first), Date.parse(to.value) - 365 * 86_400_000));
  };

  const draw = async (): Promise<void> => {
    const asked = ++latest;
    const query = { point: point.value, channel: channel.value, from: from.value, to: to.value, resolution: resolution.value };
    chart.setAttribute("aria-busy", "true");
    try {
      const [first, second] = await Promise.all([
        all(account, { ...query, version: version.value }),
        compared.value ? all(account, { ...query, version: compared.value }) : null,
      ]);
      if (asked !== latest) return; // a later choice is on its way
      const begun = performance.now();
      remove();
      chart.replaceChildren();
      const starts = [...new Set([...first.start, ...(second?.start ?? [])])].sort();
      const series = [first, ...(second ? [second] : [])].map((one, index) => {
        const values = new Map(one.start.map((start, position) => [start, one.value[position] ?? null]));
        return { label: name(index ? compared.value : version.value), values: starts.map((start) => values.get(start) ?? null) };
      });
      if (starts.length) remove = lineChart(chart, starts.map((start) => Date.parse(start)), series, first.unit);
      else chart.append(h("p", {}, "There is nothing in this period at this version."));
      const total = sum(first.value);
      chart.setAttribute("role", "img");
      chart.setAttribute("aria-label", `Consumption of ${point.value}, ${decimal(starts.length)} values, ${decimal(total)} ${first.unit} in all.`);
      const difference = second ? sum(second.value) - total : 0;
      summary.replaceChildren(
        figure("Total", `${decimal(total)} ${first.unit}`),
        figure("Values", decimal(first.start.length)),
        ...(sum(first.missing) ? [figure("Missing in them", `${decimal(sum(first.missing))} minutes`)] : []),
        ...(first.quality.some((one) => one !== "actual") ? [figure("Not measured", decimal(first.quality.filter((one) => one !== "actual").length))] : []),
        figure("Most", `${decimal(most(first.value))} ${first.unit}`),
        ...(second ? [figure(`Difference of ${name(compared.value)}`, `${difference > 0 ? "+" : ""}${decimal(difference)} ${first.unit}`)] : []),
      );
      more.replaceChildren(
        ["30m", "hour", "native"].includes(resolution.value)
          ? h("section", {}, h("h3", {}, "Day by half hour"), first.start.length ? heatMap(first.start.map((start) => Date.parse(start)), first.value) : "")
          : table(`Totals by ${resolution.value}, ${first.unit}`, ["From", first.unit, "Minutes missing", "Quality"], first.start.map((start, index) => [start, decimal(first.value[index] ?? 0), decimal(first.missing[index] ?? 0), first.quality[index] ?? ""])),
      );
      // When all of it was in the page: what the tests and a curious reader look at.
      requestAnimationFrame(() => setTimeout(() => performance.measure("drawn", { start: begun })));
    } catch (error) {
      remove();
      remove = () => undefined;
      chart.replaceChildren(problem(error));
    } finally {
      chart.removeAttribute("aria-busy");
    }
  };

  period();
  point.addEventListener("change", () => { period(); void draw(); });
  for (const input of [channel, version, compared, resolution, from, to]) input.addEventListener("change", () => { if (from.value && to.value) void draw(); });
  // Once the page is laid out, since the chart is as wide as its place.
  requestAnimationFrame(() => void draw());
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Consumption"),
    h("div", { class: "controls" }, field("Metering point", point), field("Channel", channel), field("Show", resolution), field("Data", version), field("Compare with", compared), field("From", from), field("To", to)),
    summary,
    chart,
    more,
  );
}

/** Every page of an answer. */
async function all(account: string, query: Record<string, string>): Promise<Omit<Readings, "point" | "version" | "next">> {
  const found = { unit: "kWh", start: [] as string[], minutes: [] as number[], value: [] as number[], quality: [] as string[], missing: [] as number[] };
  for await (const page of pages<Readings>(`${accountPath(account)}/readings`, query)) {
    found.unit = page.unit;
    for (const column of ["start", "quality"] as const) found[column].push(...page[column]);
    for (const column of ["minutes", "value", "missing"] as const) found[column].push(...page[column]);
  }
  return found;
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const name = (version: string): string => (version === "latest" ? "latest" : `version ${version}`);
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
const figure = (label: string, value: string): HTMLElement => h("div", { class: "figure" }, h("span", {}, label), h("strong", {}, value));
