/** What the API answers: see /api/openapi.json. */

export interface Grant {
  action: string;
  resource: string;
}
export interface Me {
  user: string;
  grants: Grant[];
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
export interface Product {
  id: string;
  name: string;
  description: string;
  currency: string;
  unit_rate: string;
  standing_charge: string;
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
export interface Settings {
  display_name: string;
  email: string;
  currency: string;
  alert_kwh_per_day: number | null;
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
  status: "accepted" | "refused";
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
  hourly: { time: string[] } & Record<string, (number | null)[] | string[]>;
  hourly_units: Record<string, string>;
}

/** May the caller do this? The API decides; this only spares the reader a button that would be refused. */
export function may(me: Me, action: string, account: string): boolean {
  return me.grants.some((grant) => grant.action === action && (grant.resource === "*" || grant.resource === account));
}
