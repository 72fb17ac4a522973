/** Sites of forecasts, where they are named beside other things: without the charts of the weather itself. */
import { get } from "../kit/api";
import { h } from "../kit/dom";
import type { Forecast } from "../model";

/** As its name is read: "leeds-north" is Leeds North. */
export const titled = (site: string): string =>
  site
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");

/** One line for an account's card: now and the day's range, and where it is from. */
export function weatherNow(site: string): HTMLLIElement {
  const item = h("li", {}, h("a", { href: `/weather/${site}` }, titled(site)), ": …");
  void get<Forecast>(`/api/forecasts/${encodeURIComponent(site)}`).then(
    (found) => {
      const hours = found.hourly.time.map((time) => Date.parse(`${time}Z`));
      const now = hours.findIndex((time) => time > Date.now() - 3_600_000);
      const degrees = (found.hourly.temperature_2m ?? []) as (number | null)[];
      const day = degrees.slice(now < 0 ? 0 : now, (now < 0 ? 0 : now) + 24).filter((value): value is number => value !== null);
      const told =
        now >= 0 && day.length
          ? `${Math.round(day[0] ?? 0)} °C, in the next day ${Math.round(Math.min(...day))} to ${Math.round(Math.max(...day))} °C`
          : "no forecast of now";
      item.replaceChildren(h("a", { href: `/weather/${site}` }, titled(site)), `: ${told} (${found.source ?? "source not said"})`);
    },
    () => item.replaceChildren(h("a", { href: `/weather/${site}` }, titled(site)), ": no forecast yet"),
  );
  return item;
}
