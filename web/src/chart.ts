/** A line chart of one or two series over time, zoomed by dragging, with the colours of the page. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Series {
  label: string;
  values: (number | null)[];
}

const HEIGHT = 320;
const DAY = 86_400;
// From this distance of ticks on: how a tick reads, and what is added where a year, (a month,) a day begins.
const DATES: uPlot.Axis.Values = [
  [365 * DAY, "{YYYY}", null, null, null, null, null, null, 1],
  [28 * DAY, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [DAY, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
];

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draw into `target`; `starts` are milliseconds. Returns what takes it away again. */
export function lineChart(target: HTMLElement, starts: number[], series: Series[], unit: string): () => void {
  const [ink, line] = [colour("--soft"), colour("--line")];
  const strokes = [colour("--first"), colour("--second")];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const chart = new uPlot(
    {
      width: Math.max(target.clientWidth, 280),
      height: HEIGHT,
      scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] } },
      axes: [{ ...axis, values: DATES }, { ...axis, size: 60, label: unit, labelSize: 22 }],
      series: [
        { value: (_, seconds) => (seconds === null ? "" : new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })) },
        ...series.map((one, index) => ({
          label: one.label,
          // Where lines lie close together, the second lets the first be seen.
          stroke: `${strokes[index] ?? ink}${index && starts.length > 500 ? "80" : ""}`,
          width: index === 0 ? 1.5 : 1,
          points: { show: starts.length < 100 },
          spanGaps: false,
          value: (_: uPlot, kwh: number | null) => (kwh === null ? "" : `${kwh.toLocaleString("en-GB")} ${unit}`),
        })),
      ],
    },
    [starts.map((start) => start / 1000), ...series.map((one) => one.values)] as uPlot.AlignedData,
    target,
  );
  const watch = new ResizeObserver(() => chart.setSize({ width: Math.max(target.clientWidth, 280), height: HEIGHT }));
  watch.observe(target);
  return () => {
    watch.disconnect();
    chart.destroy();
  };
}
