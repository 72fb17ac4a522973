/** What the API answers: see /api/openapi.json. */

export interface Grant {
  action: string;
  resource: string;
}
export interface Me {
  user: string;
  grants: Grant[];
}
export interface Account {
  account: string;
  name: string;
  currency: string;
  status: "ready" | "empty" | "deleting";
  actions: string[];
}
export interface Point {
  point: string;
  kind: string;
  zone: string;
  channels: string[];
  minutes: number[];
  versions: number[];
  first: string;
  last: string;
  rows: number;
}
export interface Readings {
  point: string;
  version: string | number;
  start: string[];
  unit: string;
  minutes: number[];
  value: number[];
  quality: string[];
  missing: number[];
  next: string | null;
}
export interface SeveralReadings {
  channel: string;
  unit: string;
  series: Pick<Readings, "point" | "start" | "minutes" | "value" | "quality" | "missing">[];
  next: string | null;
}
/** What one point's periods cost; null where nothing was read, or no price is agreed, which `unpriced` then says. */
export interface CostSeries {
  point: string;
  zone: string;
  start: string[];
  amount: (string | null)[];
  standing: (string | null)[];
  unpriced: { from: string; to: string; why: string }[];
}
export interface Costs {
  /** Null where nothing has a price. */
  currency: string | null;
  products: { product: string; name: string; from: string; to: string }[];
  series: CostSeries[];
  next: string | null;
}
export interface Band {
  name: string;
  begin: string;
  end: string;
  rate: string;
  days: string[];
}
export interface Product {
  id: string;
  name: string;
  description: string;
  currency: string;
  unit_rate: string;
  standing_charge: string;
  /** One that was made before there were such has none. */
  export_rate?: string;
  bands?: Band[];
}
interface Spent {
  import_kwh: string | null;
  export_kwh: string | null;
  cost: string | null;
  missing: number;
  estimated_kwh: string;
}
/** A period of the overview, its last day in it. */
export interface Stretch extends Spent {
  from: string;
  to: string;
}
export interface OneDay extends Spent {
  date: string;
  is_yesterday: boolean;
}
export interface Overview {
  name: string;
  currency: string;
  zone: string | null;
  zones: string[];
  points: number;
  day: OneDay | null;
  day_week_before: OneDay | null;
  week: Stretch | null;
  week_before: Stretch | null;
  month: Stretch | null;
  month_before: Stretch | null;
  month_year_before: Stretch | null;
  month_end: { from: string; to: string; import_kwh: string; cost: string | null; days: number } | null;
  quality: {
    from: string;
    to: string;
    missing: number;
    estimated_share: string | null;
    gaps: number;
    newest: string | null;
    silent_points: number;
    silent: { point: string; last: string }[];
  } | null;
  days: { date: string[]; import_kwh: (string | null)[] } | null;
  newest_file: { name: string; outcome: string; verdict: string; created: string } | null;
  newest_settlement: { month: string; version: number; total: string; currency: string; settled: string } | null;
  weather_site: string;
}
export interface Trade {
  id: string;
  product: string;
  side: "buy" | "sell";
  kwh: string;
  price: string;
  currency: string;
  user: string;
  at: string;
}
export interface Agreed {
  product: string;
  from: string;
}
export interface Settings {
  display_name: string;
  email: string;
  currency: string;
  alert_kwh_per_day: number | null;
  trade_limit: string | null;
  weather_site: string;
  contract: Agreed[];
}
export interface Reject {
  line: number;
  column: string | null;
  value: string;
  reason: string;
}
export interface Conflict {
  point: string;
  channel: string;
  start: string;
  version: number;
  won: string;
  lost: string;
  why: string;
}

export interface Series {
  point: string;
  channel: string;
  first: string;
  last: string;
  count: number;
  sum: string;
}

/** What a file can't say, said of it as it is sent. */
export interface Said {
  point?: string;
  zone?: string;
  stamp?: string;
  unit?: string;
}
export interface Lack {
  field: string;
  why: string;
  choices: string[];
}
export interface Preview {
  name: string | null;
  layout: string | null;
  title: string | null;
  assumed: string[];
  lacking: Lack[];
  refused: string | null;
  rows: number;
  rejected: number;
  count: number;
  first_rejects: Reject[];
  readings: { point: string; channel: string; start: string; minutes: number; value: string; quality: string }[];
}
/** A file of an archive. */
export interface FileTold {
  name: string | null;
  status: "accepted" | "refused";
  reason: string | null;
  layout: string | null;
  rows: number;
  accepted: number;
  rejected: number;
  landed: number | null;
}

export interface Ingestion {
  id: string;
  key: string;
  name: string;
  outcome: "accepted" | "partly" | "refused";
  verdict: string;
  reason: string | null;
  rows: number;
  accepted: number;
  rejected: number;
  blank: number;
  readings: number;
  gaps: number | null;
  landed: number | null;
  duplicates: number | null;
  conflicts: number | null;
  replaced: number | null;
  first_conflicts: Conflict[];
  assumed: string[];
  series: Series[];
  series_left_out: number;
  ignored_columns: string[];
  first_rejects: Reject[];
  rejects_key: string | null;
  layout: string | null;
  files?: FileTold[];
  created: string;
}
export interface Signed {
  url: string;
  method: string;
  headers: Record<string, string>;
}
export interface Export {
  id: string;
  status: "queued" | "done" | "failed";
  format: string;
  rows: number | null;
  bytes: number | null;
  error: string | null;
  download: Signed | null;
}
export interface Step {
  name: string;
  kind: "task" | "choice" | "map" | "parallel" | "fail";
  parent: string | null;
  branch: string | null;
  state: "waiting" | "running" | "done" | "failed" | "skipped";
  done: number;
  items: number | null;
  attempts: number;
  detail: string | null;
}
export interface Run {
  id: string;
  month: string;
  estimate: boolean;
  state: "running" | "done" | "failed";
  requested: string;
  error: { code: string; detail: string } | null;
}
export interface Line {
  point: string;
  product: string;
  channel: "import" | "export" | "standing";
  band: string;
  quantity: string;
  unit: string;
  estimated: string;
  rate: string;
  amount: string;
}
export interface Settled {
  account: string;
  month: string;
  version: number;
  currency: string;
  rounding: string;
  lines: Line[];
  import_kwh: string;
  export_kwh: string;
  estimated_kwh: string;
  total: string;
  left_out: { point: string; channel: string }[];
  changes: { version: number; total: string; currency: string; difference: string | null; count: number } | null;
  csv: Signed;
  days: Signed;
}
export interface Settlement extends Run {
  steps: Step[];
  gaps: { point: string; channel: string; minutes: number; first: string }[];
  result: Settled | null;
}
export interface Settlements {
  runs: Run[];
  settlements: { month: string; version: number; settled: string; currency: string; total: string; estimated_kwh: string }[];
}
export interface Forecast {
  site: string;
  date: string;
  fetched_at: string;
  source: string | null;
  licence: string | null;
  hourly: { time: string[] } & Record<string, (number | null)[] | string[]>;
  hourly_units: Record<string, string>;
}

/** May the caller do this? The API decides; this only spares the reader a button that would be refused. */
export function may(me: Me, action: string, account: string): boolean {
  return me.grants.some((grant) => grant.action === action && (grant.resource === "*" || grant.resource === account));
}
