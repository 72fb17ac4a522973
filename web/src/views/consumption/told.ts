/** All that has come of a period, of which figures, chart, table and map each tell their part. */
import { type Clock } from "../../kit/days";
import { type Asked } from "./asked";
import { type Column, type Compared, type PerPoint, type Places, type Spent } from "./fetched";

export interface Told {
  asked: Asked;
  clock: Clock;
  where: Places;
  /** What was taken, or the one direction that is shown; and what was given, where both are. */
  taken: Column;
  given: Column | null;
  /** Each point by itself, where few enough are shown to be told apart. */
  each: PerPoint[];
  /** With another version, where one is compared with. */
  against: Compared | null;
  cost: Spent | null;
}

export const sum = (values: (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** Minutes of each place that lack; of both directions, whichever lacks more. */
export const lacking = ({ taken, given }: Told): number[] =>
  taken.missing.map((minutes, place) => Math.max(minutes, given?.missing[place] ?? 0));
