/** Numbers as people read them. Money and energy that the API gives as text keep every digit until here. */

const plain = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });
const three = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
const currencies = new Map<string, Intl.NumberFormat>();

export const decimal = (value: number): string => plain.format(value);
/** As many digits as a glance takes in. */
export const energy = (kwh: number, unit = "kWh"): string =>
  unit === "kWh" && Math.abs(kwh) >= 10_000
    ? `${three.format(kwh / 1000)} MWh`
    : `${Math.abs(kwh) >= 1000 ? new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 }).format(kwh) : three.format(kwh)} ${unit}`;
export const power = (kw: number): string => (Math.abs(kw) < 1 ? `${three.format(kw * 1000)} W` : `${three.format(kw)} kW`);
export const percent = (share: number): string =>
  `${new Intl.NumberFormat("en-GB", { maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(share * 100)} %`;

/** £1,234.50 of "1234.5" GBP; a rate shows all its digits with `digits`. */
export function money(amount: string | number, currency: string, digits?: number): string {
  const key = `${currency} ${digits ?? ""}`;
  const format =
    currencies.get(key) ??
    new Intl.NumberFormat("en-GB", { style: "currency", currency, ...(digits === undefined ? {} : { maximumFractionDigits: digits }) });
  currencies.set(key, format);
  return format.format(amount as number);
}
/** A price with all its digits: in pence or cents where it is below one. */
export function small(amount: string, currency: string): string {
  const minor = { GBP: "p", EUR: "c", AUD: "c", USD: "¢" }[currency];
  return minor && Math.abs(Number(amount)) < 1 ? `${decimal(shifted(amount))}${minor}` : money(amount, currency, 4);
}
export const rate = (amount: string, currency: string): string => `${small(amount, currency)} a kWh`;
const shifted = (amount: string): number => Math.round(Number(amount) * 1e8) / 1e6;

/** The product of two decimals as exact text; both are digits with at most one point. */
export function times(one: string, other: string): string {
  const [a, b] = [parts(one), parts(other)];
  const places = a.places + b.places;
  const digits = (a.whole * b.whole).toString().padStart(places + 1, "0");
  return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, "") : digits;
}
/** Is one decimal larger than another? */
export function larger(one: string, other: string): boolean {
  const [a, b] = [parts(one), parts(other)];
  return a.whole * 10n ** BigInt(b.places) > b.whole * 10n ** BigInt(a.places);
}
function parts(text: string): { whole: bigint; places: number } {
  const [whole = "0", after = ""] = text.split(".");
  return { whole: BigInt(whole + after), places: after.length };
}

export const size = (bytes: number): string =>
  bytes < 1000
    ? `${bytes} bytes`
    : bytes < 1e6
      ? `${decimal(Math.round(bytes / 100) / 10)} kB`
      : `${decimal(Math.round(bytes / 1e5) / 10)} MB`;
export const counted = (count: number, one: string, several = `${one}s`): string => `${decimal(count)} ${count === 1 ? one : several}`;
export const rows = (count: number): string => counted(count, "row");
/** More or less than before, as a share of it; nothing where there was nothing. */
export function change(now: number, before: number): string {
  if (!before) return "";
  const share = (now - before) / Math.abs(before);
  if (Math.abs(share) < 0.005) return "about the same";
  return `${percent(Math.abs(share))} ${share > 0 ? "more" : "less"}`;
}
