/** A year at a glance: a column for each day, a row for each half hour, the darker the more. */
import { decimal, h, most } from "./dom";

const DAY = 86_400_000;
const HALF_HOUR = 1_800_000;
// From little to much, readable in light and dark (a single hue whose lightness falls evenly).
const SHADES = ["#e9f5ee", "#c7e5d2", "#9fd3b3", "#72bd91", "#48a470", "#2a8954", "#176c3e", "#0a4f2b", "#04361c"];

export function heatMap(starts: number[], kwh: number[]): HTMLElement {
  const first = Math.floor((starts[0] ?? 0) / DAY) * DAY;
  const days = Math.min(Math.floor(((starts.at(-1) ?? 0) - first) / DAY) + 1, 400);
  const highest = most(kwh);
  const values = new Map<number, number>();
  const canvas = h("canvas", { width: days, height: 48, role: "img", tabindex: 0 });
  const context = canvas.getContext("2d");
  starts.forEach((start, index) => {
    const [day, slot] = [Math.floor((start - first) / DAY), Math.floor((start % DAY) / HALF_HOUR)];
    const value = kwh[index] ?? 0;
    values.set(day * 48 + slot, value);
    if (!context) return;
    context.fillStyle = SHADES[highest ? Math.min(SHADES.length - 1, Math.floor((value / highest) * SHADES.length)) : 0] ?? "";
    context.fillRect(day, slot, 1, 1);
  });
  const busiest = kwh.indexOf(highest);
  const peak = busiest < 0 ? "nothing" : `${decimal(highest)} kWh at ${when(starts[busiest] ?? 0)}`;
  canvas.setAttribute("aria-label", `Heat map of ${days} days by half hour. Most: ${peak}.`);

  const told = h("p", { class: "told", "aria-live": "polite" }, `Most: ${peak}. Point at a cell, or use the arrow keys.`);
  let [day, slot] = [0, 0];
  const tell = (): void => {
    const value = values.get(day * 48 + slot);
    told.textContent = `${when(first + day * DAY + slot * HALF_HOUR)}: ${value === undefined ? "no reading" : `${decimal(value)} kWh`}`;
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    day = clamp(((event.clientX - box.left) / box.width) * days, days);
    slot = clamp(((event.clientY - box.top) / box.height) * 48, 48);
    tell();
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    day = clamp(day + (step[0] ?? 0), days);
    slot = clamp(slot + (step[1] ?? 0), 48);
    tell();
  });
  return h(
    "figure",
    { class: "heat" },
    h("div", { class: "heat-map" }, h("div", { class: "hours", "aria-hidden": "true" }, ...["00", "06", "12", "18", "24"].map((hour) => h("span", {}, hour))), canvas),
    h("div", { class: "months", "aria-hidden": "true" }, ...months(first, days)),
    h("figcaption", {}, told, h("div", { class: "legend", "aria-hidden": "true" }, "0", ...SHADES.map((_, index) => h("i", { class: `shade-${index}` })), `${decimal(highest)} kWh`)),
  );
}

function months(first: number, days: number): HTMLElement[] {
  const labels: HTMLElement[] = [];
  for (let start = first, end = first + days * DAY; start < end; ) {
    const date = new Date(start);
    const next = Math.min(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1), end);
    const name = date.toLocaleDateString("en-GB", { month: "short", timeZone: "UTC" });
    const label = h("span", {}, h("span", { class: "long" }, name), h("span", { class: "short" }, name.slice(0, 1)));
    label.style.flex = `${(next - start) / DAY} 1 0`;
    labels.push(label);
    start = next;
  }
  return labels;
}

const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, Math.floor(value)));
const when = (start: number): string => `${new Date(start).toISOString().slice(0, 16).replace("T", " ")} UTC`;
