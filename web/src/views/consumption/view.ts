/** Readings of an account: chart, money, heat map and table of a period, by one clock: that of the points' settlement. */
import { accountPath, get } from "../../kit/api";
import { Clock, period as told, type Day } from "../../kit/days";
import { choice, h, problem, retriable, skeleton } from "../../kit/dom";
import { kept } from "../../kit/focus";
import type { Point } from "../../model";
import type { Place } from "../../place";
import { moved, period, read, SPANS, write, zonesOf, type Asked } from "./asked";
import { controls } from "./controls";
import { drawn } from "./drawn";

export async function consumption({ account, may }: Place): Promise<HTMLElement> {
  const { points } = await get<{ points: Point[] }>(`${accountPath(account)}/points`);
  if (!points.length) return nothingYet(account, may("upload"));
  const place = h("section", { class: "card consumption" });
  let turn = 0;

  const show = async (): Promise<void> => {
    const mine = ++turn;
    const clock = new Clock(points[0]?.zone ?? "UTC");
    const latest = newest(points, clock);
    const asked = read(points, latest);
    const own = new Clock(asked.points[0]?.zone ?? "UTC");
    const change = (changes: Parameters<typeof write>[0]): void => {
      write(changes);
      void show();
    };
    const back = kept(place);
    const choosing = place.querySelector<HTMLDetailsElement>("details.points")?.open ?? false;
    document.title = `${told(asked.first, asked.last)}: ${account} - Trefoil`;
    const body = h("div", { class: "body", "aria-busy": "true" }, skeleton("figures"), skeleton("chart"), skeleton("heat"));
    place.replaceChildren(
      heading(asked, latest, own, change),
      ...asked.refused.map((text) => problem(`${text} Shown is ${told(asked.first, asked.last)}.`)),
      body,
      controls(points, asked, choosing, change),
    );
    back();
    try {
      const made = await drawn(account, asked, own, (first, last) => change(narrowed(first, last)));
      if (mine === turn) body.replaceChildren(...made); // else a later choice is on its way
    } catch (error) {
      if (mine === turn) body.replaceChildren(retriable(error, () => void show())); // nothing of before stands beside it
    } finally {
      if (mine === turn) body.removeAttribute("aria-busy");
    }
  };
  void show();
  return place;
}

/** The last day of which there is a reading, by the points' own clocks. */
function newest(points: Point[], clock: Clock): Day {
  const last = Math.max(...points.map((one) => Date.parse(one.last)));
  return clock.day(last);
}

function heading(asked: Asked, latest: Day, clock: Clock, change: (changes: Parameters<typeof write>[0]) => void): HTMLElement {
  const [before, after] = [moved(asked, -1), moved(asked, 1)];
  const step = (label: string, sign: string, [first, last]: [Day, Day]): HTMLElement =>
    h(
      "button",
      {
        type: "button",
        class: "quiet step-button",
        "aria-label": `${label}: ${told(first, last)}`,
        title: told(first, last),
        "data-key": label,
        onclick: () => change(asked.span === "own" ? { from: first, to: last } : { at: first }),
      },
      sign,
    );
  return h(
    "div",
    { class: "period" },
    choice("Period", SPANS, asked.span, (span) =>
      change(
        span === "own"
          ? { span, at: "", from: asked.first, to: asked.last, by: "" }
          : { span: span as Asked["span"], at: staying(asked, latest), from: "", to: "", by: "" },
      ),
    ),
    h(
      "div",
      { class: "stepper" },
      step("Before", "‹", before),
      h("h2", { "aria-live": "polite" }, told(asked.first, asked.last)),
      step("After", "›", after),
    ),
    h("p", { class: "soft clock" }, clocks(asked, clock)),
  );
}

/** What was marked or opened in the chart: a day or a month where it is one, so that before and after follow. */
function narrowed(first: Day, last: Day): Parameters<typeof write>[0] {
  const none = { at: "", from: "", to: "", by: "" };
  if (first === last) return { ...none, span: "day", at: first };
  const [begin, end] = period("month", first);
  return begin === first && end === last ? { ...none, span: "month", at: first } : { ...none, span: "own", from: first, to: last };
}

function clocks(asked: Asked, clock: Clock): string {
  const zones = zonesOf(asked.points);
  if (zones.length === 1) return `Days and hours are ${clock.name}.`;
  return `These points are settled by several clocks (${zones.map((zone) => new Clock(zone).name).join(", ")}): each day is its point's own, and hours can't be shown together.`;
}

/** The day that stays in view when the length of the period changes: the newest that was read, where it is in view. */
const staying = ({ span, first, last }: Asked, newest: Day): Day =>
  first <= newest && newest <= last ? newest : span === "year" || span === "own" ? last : first;

function nothingYet(account: string, mayUpload: boolean): HTMLElement {
  return h(
    "section",
    { class: "card empty" },
    h("h2", {}, "No readings yet"),
    h("p", {}, "As soon as a meter file has been read, its days are here: a chart, what it cost, and a map of every half hour."),
    mayUpload
      ? h(
          "p",
          {},
          h("a", { class: "button", href: `/accounts/${encodeURIComponent(account)}/files` }, "Upload a file"),
          " ",
          h("a", { href: "/sample-meter-file.csv", download: "sample-meter-file.csv" }, "A sample file"),
        )
      : h("p", {}, "You may not upload files here; ask an administrator for the permission, or whoever sends the readings."),
  );
}
