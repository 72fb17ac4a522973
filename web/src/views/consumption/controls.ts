/** Everything that can be chosen of what is shown. */
import { FIRST_DAY, isDay, LAST_DAY } from "../../kit/days";
import { field, h, select } from "../../kit/dom";
import type { Point } from "../../model";
import { channelsOf, EVERY, STEPS, stepsFor, versionsOf, type Asked, type write } from "./asked";

type Change = (changes: Parameters<typeof write>[0]) => void;

const CHANNELS: Record<string, string> = {
  both: "Taken and given",
  import: "Taken from the grid",
  export: "Given to the grid",
  "reactive-import": "Reactive, taken",
  "reactive-export": "Reactive, given",
};

/** `choosing`: the list of points stands open. */
export function controls(points: Point[], asked: Asked, choosing: boolean, change: Change): HTMLElement {
  const form = h("form", { class: "controls", "aria-label": "What is shown" });
  form.addEventListener("submit", (event) => event.preventDefault());
  if (points.length > 1) form.append(pointsField(points, asked, choosing, change));
  if (asked.span === "own") form.append(...days(asked, change));
  const channels = channelsOf(asked.points);
  if (channels.length > 1)
    form.append(
      field(
        "Direction",
        changing(
          select(
            channels.map((one) => [one, CHANNELS[one] ?? one]),
            asked.channel,
          ),
          (channel) => change({ channel }),
        ),
      ),
    );
  const steps = stepsFor(asked.first, asked.last, asked.points);
  if (steps.length > 1)
    form.append(
      field(
        "Shown by",
        changing(
          select(
            STEPS.filter(([one]) => steps.includes(one)),
            asked.step,
          ),
          (by) => change({ by }),
        ),
      ),
    );
  const versions = versionsOf(asked.points);
  if (versions.length > 1) {
    const named = versions.map((one) => [String(one), `Version ${one}`] as const);
    const latest = [["latest", "The latest of each"]] as const;
    form.append(
      field(
        "Data",
        changing(select([...latest, ...named], asked.version), (version) =>
          change({ version: version === "latest" ? "" : version, against: version === asked.against ? "" : asked.against }),
        ),
      ),
    );
    const others = [["", "Nothing"], ...[...latest, ...named].filter(([one]) => one !== asked.version)] as const;
    form.append(
      field(
        "Compare with",
        changing(select(others, asked.against), (against) => change({ against })),
      ),
    );
  }
  return form;
}

function changing(element: HTMLSelectElement, pick: (value: string) => void): HTMLSelectElement {
  element.addEventListener("change", () => pick(element.value));
  return element;
}

function days(asked: Asked, change: Change): HTMLElement[] {
  const within = { type: "date", required: true, min: FIRST_DAY, max: LAST_DAY };
  const from = h("input", { ...within, value: asked.first });
  const to = h("input", { ...within, value: asked.last });
  const set = (): void => {
    if (!isDay(from.value) || !isDay(to.value)) return; // a year of which not all digits are typed yet
    const late = from.value > to.value;
    to.setCustomValidity(late ? "The last day is before the first." : "");
    if (late) return void to.reportValidity();
    change({ from: from.value, to: to.value, by: "" });
  };
  for (const one of [from, to]) one.addEventListener("change", set);
  return [field("First day", from), field("Last day", to, "This day is included")];
}

/** One point by a list, several by ticking them; an account may have many. */
function pointsField(points: Point[], asked: Asked, choosing: boolean, change: Change): HTMLElement {
  const chosen = new Set(asked.points.map((one) => one.point));
  const name =
    asked.points.length === 1
      ? (asked.points[0]?.point ?? "")
      : `${asked.points.length === points.length ? "All" : ""} ${asked.points.length} points together`.trim();
  const boxes = points.map((one) => {
    const box = h("input", { type: "checkbox", checked: chosen.has(one.point), value: one.point, "data-key": one.point });
    return { box, label: h("label", {}, box, h("span", {}, one.point)) };
  });
  const pick = (): void => {
    const picked = boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
    if (picked.length) change({ point: picked });
  };
  for (const { box } of boxes) box.addEventListener("change", pick);
  const all = h("button", { type: "button", class: "quiet", onclick: () => change({ point: [EVERY] }) }, "All");
  return h(
    "details",
    { class: "field points", open: choosing },
    h("summary", {}, h("span", {}, points.length === 1 ? "Point" : "Points"), h("strong", {}, name)),
    h("div", { class: "boxes", role: "group", "aria-label": "Metering points" }, ...boxes.map(({ label }) => label), all),
  );
}
