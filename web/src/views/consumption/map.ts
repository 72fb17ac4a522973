/** The map of a period's half hours. */
import { heatMap } from "../../charts/heat";
import { addDays } from "../../kit/days";
import { h } from "../../kit/dom";
import { decimal, power } from "../../kit/format";
import { type Asked } from "./asked";
import { baseLoad, columns, compared, difference, places, together, type PerPoint } from "./fetched";
import type { Told } from "./told";

/** The half hours of the period, fetched after what was asked for; with them goes what is always on. */
export async function mapped(account: string, told: Told, place: HTMLElement, figures: HTMLElement): Promise<void> {
  const { clock } = told;
  const minutes = told.asked.points.every((one) => one.minutes.every((length) => length <= 30)) ? 30 : 60;
  const asked: Asked = {
    ...told.asked,
    step: minutes === 30 ? "30m" : "hour",
    channel: told.asked.channel === "both" ? "import" : told.asked.channel,
  };
  try {
    const where = told.where.step === asked.step ? told.where : places(asked.first, asked.last, asked.step, clock);
    const fetched = (version: string): Promise<PerPoint[]> => columns(account, asked, version, where);
    const [own, other] = await Promise.all([
      where === told.where ? told.each : fetched(asked.version),
      asked.against ? fetched(asked.against) : null,
    ]);
    const now = together(
      "",
      own.map((one) => one.column),
    );
    const both = other ? compared(own, other) : null;
    const shown = both ? difference("", both.now, both.other) : now;
    const held = where.keys.map((_, index) => index).filter((index) => shown.values[index] !== null);
    if (!held.length) return;
    const sign = (value: number): string => (other && value > 0 ? "+" : "");
    const drawing = heatMap({
      clock,
      first: asked.first,
      end: addDays(asked.last, 1),
      minutes,
      starts: held.map((index) => Number(where.keys[index])),
      values: held.map((index) => shown.values[index] ?? 0),
      estimated: held.map((index) => shown.estimated[index] ?? false),
      told: (value) => `${sign(value)}${decimal(value)} ${shown.unit}`,
      title: other ? "Difference" : "Consumption",
      today: clock.day(Date.now()),
    });
    place.replaceChildren(h("h3", {}, other ? "Where they differ" : minutes === 30 ? "Each half hour" : "Each hour"), drawing);
    const base = minutes === 30 && asked.channel === "import" && !other ? baseLoad(where, now, clock) : null;
    const card = figures.querySelector<HTMLElement>(".base");
    if (base !== null && card) {
      card.replaceChildren(
        h("span", {}, "Always on"),
        h("strong", {}, power(base)),
        h("small", {}, "the least half hour of each day, on average"),
      );
      card.hidden = false;
    }
  } catch {
    place.replaceChildren(h("p", { class: "soft" }, "The map of the half hours could not be fetched."));
  }
}
