/**
 * Civil days, and the clock of a settlement zone: the only clock that the site has for readings.
 *
 * A day is its date as text, as 2026-01-31, so that no zone of the browser can move it.
 */

export type Day = string;

export const HALF_HOUR = 1_800_000;
export const DAY = 86_400_000;
const FIXED = /^([+-])(\d\d):(\d\d)$/;

const at = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
const dated = (time: number): Day => new Date(time).toISOString().slice(0, 10);

/** No meter was read by the half hour before, and none has been after. */
export const FIRST_DAY = "1900-01-01";
export const LAST_DAY = "2199-12-31";
export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && FIRST_DAY <= text && text <= LAST_DAY && !Number.isNaN(at(text)) && dated(at(text)) === text;
export const addDays = (day: Day, count: number): Day => dated(at(day) + count * DAY);
/** How many days lie from `first` to before `end`. */
export const daysBetween = (first: Day, end: Day): number => Math.round((at(end) - at(first)) / DAY);
/** Monday is 0. */
export const weekday = (day: Day): number => (new Date(at(day)).getUTCDay() + 6) % 7;
export const month = (day: Day): string => day.slice(0, 7);
export const firstOfMonth = (day: Day): Day => `${month(day)}-01`;
export const firstOfYear = (day: Day): Day => `${day.slice(0, 4)}-01-01`;
/** The first day of the month so many months later. */
export function addMonths(day: Day, count: number): Day {
  const date = new Date(at(firstOfMonth(day)));
  return dated(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1));
}

type Shape = Intl.DateTimeFormatOptions;
const shaped = new Map<string, Intl.DateTimeFormat>();
function shape(day: Day, options: Shape): string {
  const key = JSON.stringify(options);
  const format = shaped.get(key) ?? new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  shaped.set(key, format);
  return format.format(at(day));
}
/** 31 January 2026, with its weekday where that helps. */
export const long = (day: Day): string => shape(day, { day: "numeric", month: "long", year: "numeric" });
export const withWeekday = (day: Day): string => shape(day, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
export const short = (day: Day): string => shape(day, { day: "numeric", month: "short" });
export const monthName = (day: Day): string => shape(day, { month: "long", year: "numeric" });
export const monthShort = (day: Day): string => shape(day, { month: "short" });
/** A period whose last day is in it, as short as it can be told. */
export function period(first: Day, last: Day): string {
  if (first === last) return withWeekday(first);
  if (first === firstOfMonth(first) && last === addDays(addMonths(first, 1), -1)) return monthName(first);
  if (first === firstOfYear(first) && last === `${first.slice(0, 4)}-12-31`) return first.slice(0, 4);
  return first.slice(0, 4) === last.slice(0, 4) ? `${short(first)} to ${long(last)}` : `${long(first)} to ${long(last)}`;
}

/** What a zone's clock shows. */
export class Clock {
  private readonly offsets = new Map<number, number>();
  private readonly format: Intl.DateTimeFormat | null;
  private readonly fixed: number;

  /** `zone` is an IANA name, UTC, or a fixed offset as +10:00. */
  constructor(readonly zone: string) {
    const fixed = FIXED.exec(zone);
    this.fixed = fixed ? (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000 : 0;
    this.format =
      fixed || zone === "UTC"
        ? null
        : new Intl.DateTimeFormat("en-GB", {
            timeZone: zone,
            hourCycle: "h23",
            year: "numeric",
            month: "2-digit",
            day: "2-digit",
            hour: "2-digit",
            minute: "2-digit",
            second: "2-digit",
          });
  }

  /** How far it is ahead of UTC at an instant, in milliseconds. Asked for once a day where the day has no change. */
  offset(time: number): number {
    if (!this.format) return this.fixed;
    const day = Math.floor(time / DAY) * DAY;
    const [before, after] = [this.exact(day), this.exact(day + DAY)];
    return before === after ? before : this.exact(Math.floor(time / HALF_HOUR) * HALF_HOUR);
  }

  private exact(time: number): number {
    const known = this.offsets.get(time);
    if (known !== undefined) return known;
    const parts = Object.fromEntries(
      (this.format as Intl.DateTimeFormat).formatToParts(time).map((part) => [part.type, Number(part.value)]),
    );
    const shown = Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day ?? 1, parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0);
    this.offsets.set(time, shown - time);
    return shown - time;
  }

  day(time: number): Day {
    return dated(time + this.offset(time));
  }

  /** Minutes since the clock's midnight. */
  minute(time: number): number {
    return Math.floor(((((time + this.offset(time)) % DAY) + DAY) % DAY) / 60_000);
  }

  /** The instant at which a day begins. */
  midnight(day: Day): number {
    const guess = at(day) - this.offset(at(day));
    return at(day) - this.offset(guess);
  }

  /** Sat, 31 Jan 2026 00:30; where the clock shows that time twice, the second says so. */
  told(time: number): string {
    const again = this.offset(time) < this.offset(time - 2 * HALF_HOUR) && this.minute(time) === this.minute(time - 2 * HALF_HOUR);
    return `${withWeekday(this.day(time))} ${clockTime(this.minute(time))}${again ? " again" : ""}`;
  }

  /** London time, or the zone's own name. */
  get name(): string {
    return (
      NAMES[this.zone] ??
      (this.format
        ? `time of ${(this.zone.split("/").pop() ?? this.zone).replaceAll("_", " ")}`
        : this.zone === "UTC"
          ? "UTC"
          : `UTC${this.zone}`)
    );
  }

  /** Every instant that begins an interval of so many minutes within [first, end). */
  grid(first: Day, end: Day, minutes: number): number[] {
    const found: number[] = [];
    for (let time = this.midnight(first), last = this.midnight(end); time < last; time += minutes * 60_000) found.push(time);
    return found;
  }
}

const NAMES: Record<string, string> = {
  "Europe/London": "UK time",
  "Europe/Dublin": "Irish time",
  "+10:00": "Eastern Australian standard time",
};

export const clockTime = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** When something was done, by the same clock: uploads, trades and runs as well as readings. */
export const moment = (text: string, clock: Clock): string => `${clock.told(Date.parse(text))}`;

/** So many minutes in the unit that a person would use. */
export const duration = (minutes: number): string => {
  if (minutes < 60) return `${minutes} minutes`;
  const hours = minutes / 60;
  if (hours < 48) return `${Number.isInteger(hours) ? hours : hours.toFixed(1)} ${hours === 1 ? "hour" : "hours"}`;
  const days = minutes / 1440;
  return `${Number.isInteger(days) ? days : days.toFixed(1)} days`;
};
