/** The weather of the sites that forecasts are fetched for, with where it comes from. */
import { plot, type Shown } from "../charts/plot";
import { ApiError, get } from "../kit/api";
import { clockTime, Clock, moment, short } from "../kit/days";
import { h, problem, skeleton } from "../kit/dom";
import { decimal } from "../kit/format";
import type { Forecast } from "../model";

const SHOWN = [["temperature_2m", "Temperature"], ["wind_speed_10m", "Wind"], ["cloud_cover", "Clouds"], ["shortwave_radiation", "Sun"]] as const;

interface Site {
  site: string;
  fetched_at: string | null;
}

/** A list of the sites, and the newest forecast of the one that the address names; of the first where it names none. */
export async function weather(name: string): Promise<HTMLElement> {
  const { sites } = await get<{ sites: Site[] }>("/api/forecasts");
  const title = h("h1", {}, "Weather");
  if (!sites.length) return h("div", {}, title, h("section", { class: "card empty" }, h("p", {}, "No site is set up for forecasts. Whoever runs this system names sites in TREFOIL_FORECAST_SITES.")));
  const chosen = name || (sites[0]?.site ?? "");
  const tabs = h("nav", { class: "tabs", "aria-label": "Sites" }, ...sites.map((one) => h("a", { href: `/weather/${one.site}`, "aria-current": one.site === chosen && "page" }, titled(one.site))));
  const body = h("section", { class: "card" }, skeleton("chart"));
  void fill(chosen, body);
  return h("div", {}, title, tabs, body);
}

async function fill(site: string, body: HTMLElement): Promise<void> {
  try {
    const found = await get<Forecast>(`/api/forecasts/${encodeURIComponent(site)}`);
    const clock = new Clock("UTC");
    const starts = found.hourly.time.map((time) => Date.parse(`${time}Z`));
    const charts = SHOWN.filter(([key]) => found.hourly[key]).map(([key, label]) => {
      const place = h("div", { class: "chart small", role: "img", "aria-label": `${label} at ${titled(site)}, hour by hour, in ${found.hourly_units[key] ?? ""}` });
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
      requestAnimationFrame(() => plot(place, shown));
      return h("div", { class: "charted" }, h("h2", {}, `${label}, ${unit}`), place, h("p", { class: "told" }));
    });
    body.replaceChildren(h("p", { class: "soft" }, `${titled(site)}, fetched ${moment(found.fetched_at, clock)} UTC; hours are UTC. Source: ${found.source ?? "not said"}.`), h("div", { class: "charts" }, ...charts));
  } catch (error) {
    body.replaceChildren(error instanceof ApiError && error.status === 404 ? h("p", {}, `There is no forecast for ${titled(site)} yet. They are fetched at 02:00 UTC.`) : problem(error));
  }
}

/** One line for an account's card: now and the day's range, and where it is from. */
export function weatherNow(site: string): HTMLLIElement {
  const item = h("li", {}, h("a", { href: `/weather/${site}` }, titled(site)), ": …");
  void get<Forecast>(`/api/forecasts/${encodeURIComponent(site)}`).then(
    (found) => {
      const hours = found.hourly.time.map((time) => Date.parse(`${time}Z`));
      const now = hours.findIndex((time) => time > Date.now() - 3_600_000);
      const degrees = (found.hourly.temperature_2m ?? []) as (number | null)[];
      const day = degrees.slice(now < 0 ? 0 : now, (now < 0 ? 0 : now) + 24).filter((value): value is number => value !== null);
      const told = now >= 0 && day.length ? `${Math.round(day[0] ?? 0)} °C, in the next day ${Math.round(Math.min(...day))} to ${Math.round(Math.max(...day))} °C` : "no forecast of now";
      item.replaceChildren(h("a", { href: `/weather/${site}` }, titled(site)), `: ${told} (${found.source ?? "source not said"})`);
    },
    () => item.replaceChildren(h("a", { href: `/weather/${site}` }, titled(site)), ": no forecast yet"),
  );
  return item;
}

const titled = (site: string): string => site.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
