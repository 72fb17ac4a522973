/** A row of small bars without an axis: how the last days were, at a glance. */
import { svg } from "../kit/dom";

/** `label` says all of it to who can't see it; null: nothing was read, which is drawn as a dot below the line. */
export function spark(values: (number | null)[], label: string): SVGElement {
  const [step, height] = [8, 40];
  const most = values.reduce<number>((high, value) => Math.max(high, value ?? 0), 0);
  const least = values.reduce<number>((low, value) => Math.min(low, value ?? 0), 0);
  const scale = height / (most - least || 1);
  return svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${values.length * step} ${height + 4}`, role: "img", "aria-label": label, preserveAspectRatio: "none" },
    ...values.map((value, place) => {
      if (value === null) return svg("rect", { class: "none", x: place * step + 2, y: height + 1, width: step - 4, height: 3 });
      const size = Math.max(Math.abs(value) * scale, 1);
      return svg("rect", { x: place * step + 1, y: value < 0 ? most * scale : most * scale - size, width: step - 2, height: size });
    }),
  );
}
