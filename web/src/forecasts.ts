/** The next days' weather at the sites that forecasts are fetched for. */
import { ApiError, get } from "./api";
import { lineChart } from "./chart";
import { field, h, moment, problem } from "./dom";
import type { Forecast } from "./model";

const SHOWN = [["temperature_2m", "Temperature"], ["wind_speed_10m", "Wind"], ["cloud_cover", "Clouds"], ["shortwave_radiation", "Sun"]] as const;

export function forecasts(): HTMLElement {
  const site = h("input", { type: "text", value: "london", required: true, pattern: "[a-z0-9][a-z0-9\\-]*", autocapitalize: "none" });
  const shown = h("div", { class: "charts" });
  const form = h("form", { class: "controls" }, field("Site", site), h("button", { type: "submit" }, "Show"));
  let remove: (() => void)[] = [];
  const show = async (): Promise<void> => {
    try {
      const found = await get<Forecast>(`/api/forecasts/${encodeURIComponent(site.value)}`);
      remove.forEach((one) => one());
      shown.replaceChildren(h("p", { class: "soft" }, `${found.site}, fetched ${moment(found.fetched_at)}`));
      const starts = found.hourly.time.map((time) => Date.parse(`${time}Z`));
      remove = SHOWN.map(([name, label]) => {
        const place = h("div", { class: "chart" });
        const unit = found.hourly_units[name] ?? "";
        shown.append(h("h3", {}, label), place);
        place.setAttribute("role", "img");
        place.setAttribute("aria-label", `${label} at ${found.site} for the next days, in ${unit}`);
        return lineChart(place, starts, [{ label, values: (found.hourly[name] ?? []) as (number | null)[] }], unit);
      });
    } catch (error) {
      const none = error instanceof ApiError && error.status === 404;
      shown.replaceChildren(problem(none ? `There is no forecast for “${site.value}” yet.` : error));
    }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); void show(); });
  requestAnimationFrame(() => void show());
  return h("section", { class: "card" }, h("h2", {}, "Weather"), form, shown);
}
