/** The weather of the sites that forecasts are fetched for, with where it comes from. */
import { plot, type Shown } from "../charts/plot";
import { ApiError, get } from "../kit/api";
import { clockTime, Clock, moment, short } from "../kit/days";
import { h, problem, skeleton } from "../kit/dom";
import { decimal } from "../kit/format";
import type { Forecast } from "../model";
import { titled } from "./sites";

const SHOWN = [
  ["temperature_2m", "Temperature"],
  ["wind_speed_10m", "Wind"],
  ["cloud_cover", "Clouds"],
  ["shortwave_radiation", "Sun"],
] as const;

/** Where licences that ask for attribution are. https://open-meteo.com/en/licence */
const LICENCES: Record<string, string> = { "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/" };

interface Site {
  site: string;
  fetched_at: string | null;
}

/** A list of the sites, and the newest forecast of the one that the address names; of the first where it names none. */
export async function weather(name: string): Promise<HTMLElement> {
  const { sites } = await get<{ sites: Site[] }>("/api/forecasts");
  const title = h("h1", {}, "Weather");
  if (!sites.length)
    return h(
      "div",
      {},
      title,
      h(
        "section",
        { class: "card empty" },
        h("p", {}, "No site is set up for forecasts. Whoever runs this system names sites in TREFOIL_FORECAST_SITES."),
      ),
    );
  const chosen = name || (sites[0]?.site ?? "");
  const tabs = h(
    "nav",
    { class: "tabs", "aria-label": "Sites" },
    ...sites.map((one) => h("a", { href: `/weather/${one.site}`, "aria-current": one.site === chosen && "page" }, titled(one.site))),
  );
  const body = h("section", { class: "card" }, skeleton("chart"));
  if (sites.some((one) => one.site === chosen)) void fill(chosen, body);
  else body.replaceChildren(h("p", {}, `${titled(chosen)} is no site that forecasts are fetched for. Those above are.`));
  return h("div", {}, title, tabs, body);
}

async function fill(site: string, body: HTMLElement): Promise<void> {
  try {
    const found = await get<Forecast>(`/api/forecasts/${encodeURIComponent(site)}`);
    const clock = new Clock("UTC");
    const starts = found.hourly.time.map((time) => Date.parse(`${time}Z`));
    const charts = SHOWN.filter(([key]) => found.hourly[key]).map(([key, label]) => {
      const place = h("div", {
        class: "chart small",
        role: "img",
        "aria-label": `${label} at ${titled(site)}, hour by hour, in ${found.hourly_units[key] ?? ""}`,
      });
      const unit = found.hourly_units[key] ?? "";
      const shown: Shown = {
        kind: "line",
        drawn: [{ label, values: found.hourly[key] as (number | null)[], colour: "--first" }],
        name: (at) => clock.told(starts[at] ?? 0),
        tick: (at) => {
          const minute = clock.minute(starts[at] ?? 0);
          return minute === 0 ? short(clock.day(starts[at] ?? 0)) : minute === 720 ? clockTime(minute) : "";
        },
        unit,
        told: (value) => `${decimal(value)} ${unit}`,
      };
      plot(place, shown);
      return h("div", { class: "charted" }, h("h2", {}, `${label}, ${unit}`), place, h("p", { class: "told" }));
    });
    body.replaceChildren(
      h(
        "p",
        { class: "soft" },
        `${titled(site)}, fetched ${moment(found.fetched_at, clock)} UTC; hours are UTC. Source: `,
        ...attributed(found),
        ".",
      ),
      h("div", { class: "charts" }, ...charts),
    );
  } catch (error) {
    body.replaceChildren(
      error instanceof ApiError && error.status === 404
        ? h("p", {}, `There is no forecast for ${titled(site)} yet. They are fetched at 02:00 UTC.`)
        : problem(error),
    );
  }
}

function attributed({ source, licence }: Forecast): (HTMLElement | string)[] {
  const link = LICENCES[licence ?? ""];
  const whose = source?.includes(".")
    ? h("a", { href: `https://${source}/`, target: "_blank", rel: "noopener" }, source)
    : (source ?? "not said");
  if (!licence) return [whose];
  return [whose, ", licensed ", link ? h("a", { href: link, target: "_blank", rel: "noopener" }, licence) : licence];
}
