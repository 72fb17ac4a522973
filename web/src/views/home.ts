/** The first page: how each account did, what it costs, and what needs a look. */
import { accountPath, get, pages } from "../kit/api";
import { Clock, duration, monthName, moment, period, short, withWeekday } from "../kit/days";
import { h, retriable, skeleton } from "../kit/dom";
import { change, counted, energy, money, percent } from "../kit/format";
import { spark } from "../charts/spark";
import type { Account, OneDay, Overview, Stretch } from "../model";
import { weatherNow } from "./sites";

type Figures = Stretch | OneDay;

/** Each card comes by itself: one that is slow or fails keeps no other back. */
export async function home(): Promise<HTMLElement> {
  const accounts: Account[] = [];
  for await (const page of pages<{ accounts: Account[]; next: string | null }>("/api/accounts")) accounts.push(...page.accounts);
  if (!accounts.length)
    return h(
      "section",
      { class: "card empty" },
      h("h1", {}, "No accounts yet"),
      h("p", {}, "You may not see any account. An administrator gives permissions; tell them your user name."),
    );
  return h(
    "div",
    {},
    h("h1", {}, accounts.length === 1 ? "Your account" : "Your accounts"),
    h("div", { class: "accounts" }, ...accounts.map(card)),
  );
}

function card(account: Account): HTMLElement {
  const base = `/accounts/${encodeURIComponent(account.account)}`;
  const first = firstView(account);
  const called = account.name || account.account;
  const title = h(
    "h2",
    {},
    first === null ? called : h("a", { href: base + first }, called),
    account.name ? h("small", {}, account.account) : "",
  );
  const body = h("div", { class: "body" });
  const made = h("section", { class: "card account", "aria-label": called }, title, body);
  if (account.status === "deleting") body.append(h("p", {}, "This account is being deleted."));
  else if (!account.actions.includes("read"))
    body.append(h("p", {}, `You may ${list(account.actions.map(worded))} here, but not see its readings.`), ...uploading(account, base));
  else if (account.status === "empty")
    body.append(h("p", {}, "Nothing has been read yet. As soon as a meter file arrives, its days are here."), ...uploading(account, base));
  else void fill(account, base, body);
  return made;
}

/** The first of an account's views that its reader may open. */
function firstView({ actions }: Account): string | null {
  const views = [
    ["read", ""],
    ["upload", "/files"],
    ["settle", "/settlements"],
    ["export", "/export"],
    ["delete", "/settings"],
  ] as const;
  return views.find(([action]) => actions.includes(action))?.[1] ?? null;
}

const WORDS: Record<string, string> = { changeSettings: "change settings", delete: "delete it" };
const worded = (action: string): string => WORDS[action] ?? action;
const list = (words: string[]): string =>
  words.length < 2 ? (words[0] ?? "do nothing") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

function uploading(account: Account, base: string): HTMLElement[] {
  return account.actions.includes("upload")
    ? [
        h(
          "p",
          {},
          h("a", { class: "button", href: `${base}/files` }, "Upload a file"),
          " ",
          h("a", { href: "/sample-meter-file.csv", download: "sample-meter-file.csv" }, "A sample file"),
        ),
      ]
    : [];
}

async function fill(account: Account, base: string, body: HTMLElement): Promise<void> {
  body.setAttribute("aria-busy", "true");
  body.replaceChildren(skeleton("figures"), skeleton("spark"), skeleton("lines"));
  try {
    const found = await get<Overview>(`${accountPath(account.account)}/overview`);
    body.replaceChildren(...told(account, base, found));
  } catch (error) {
    body.replaceChildren(retriable(error, () => void fill(account, base, body)));
  } finally {
    body.removeAttribute("aria-busy");
  }
}

function told(account: Account, base: string, one: Overview): HTMLElement[] {
  if (!one.day) return [h("p", {}, "Nothing has been read yet."), ...uploading(account, base)];
  const clock = new Clock(one.zone ?? one.zones[0] ?? "UTC");
  const all = one.points > 1 ? "&point=*" : ""; // what is told here is of all of them
  const link = (from: string, to: string, text: string): HTMLElement =>
    h("a", { href: `${base}?span=own&from=${from}&to=${to}${all}` }, text);
  const { day, day_week_before: before, week, month, month_end: end } = one;
  return [
    h(
      "div",
      { class: "comparisons" },
      compared(
        link(day.date, day.date, day.is_yesterday ? "Yesterday" : `Newest day, ${withWeekday(day.date)}`),
        day,
        before,
        before ? `than on ${withWeekday(before.date)}` : "",
        one.currency,
      ),
      week
        ? compared(link(week.from, week.to, `${period(week.from, week.to)}`), week, one.week_before, "than the week before", one.currency)
        : null,
      month
        ? compared(
            link(month.from, month.to, `${monthName(month.from)}, until ${short(month.to)}`),
            month,
            one.month_before,
            "than in as many days of the month before",
            one.currency,
            one.month_year_before,
          )
        : null,
      end && end.to !== month?.to
        ? h(
            "div",
            { class: "figure" },
            h("span", {}, `By the end of ${monthName(end.from)}`),
            h("strong", {}, end.cost === null ? energy(Number(end.import_kwh)) : money(end.cost, one.currency)),
            h("small", {}, `about ${energy(Number(end.import_kwh))}, if it goes on like this`),
          )
        : null,
    ),
    one.zones.length > 1
      ? h(
          "p",
          { class: "soft" },
          `Its points are settled by several clocks (${one.zones.map((zone) => new Clock(zone).name).join(", ")}); each day is its point's own.`,
        )
      : null,
    one.days ? chart(one.days, base, all) : null,
    h("ul", { class: "facts" }, ...facts(one, base, clock)),
  ].filter((part): part is HTMLElement => part !== null);
}

function compared(
  name: HTMLElement,
  now: Figures,
  before: Figures | null,
  than: string,
  currency: string,
  year: Figures | null = null,
): HTMLElement {
  const [kwh, former, last] = [now, before, year].map((one) =>
    one?.import_kwh === null || one?.import_kwh === undefined ? null : Number(one.import_kwh),
  );
  const words = kwh === null || kwh === undefined || former === null || former === undefined ? "" : change(kwh, former);
  const yearly = kwh === null || kwh === undefined || last === null || last === undefined ? "" : change(kwh, last);
  return h(
    "div",
    { class: "figure" },
    h("span", {}, name),
    h("strong", {}, kwh === null || kwh === undefined ? "no readings" : energy(kwh)),
    now.cost ? h("b", { class: "cost" }, money(now.cost, currency)) : "",
    words ? h("small", {}, `${words} ${words.startsWith("about") ? than.replace(/^than /, "as ") : than}${lacking(before)}`) : "",
    yearly ? h("small", {}, `${yearly}${yearly.startsWith("about") ? " as" : " than"} a year before${lacking(year)}`) : "",
    now.missing ? h("small", { class: "lack" }, `${duration(now.missing)} missing`) : "",
  );
}

/** What a period is compared with may itself have gaps: a difference to it is then no difference in what was used. */
const lacking = (before: Figures | null): string => (before?.missing ? `, of which ${duration(before.missing)} are missing` : "");

function chart({ date, import_kwh: kwh }: NonNullable<Overview["days"]>, base: string, all: string): HTMLElement {
  const [first, last] = [date[0] ?? "", date.at(-1) ?? ""];
  const values = kwh.map((value) => (value === null ? null : Number(value)));
  const read = values.filter((value) => value !== null).length;
  return h(
    "a",
    { class: "sparked", href: `${base}?span=own&from=${first}&to=${last}&by=day${all}` },
    spark(values, `Day by day, ${period(first, last)}: ${read} of ${kwh.length} days have readings.`),
    h("small", {}, period(first, last)),
  );
}

function facts(one: Overview, base: string, clock: Clock): HTMLElement[] {
  const { quality } = one;
  const share = Number(quality?.estimated_share ?? 0);
  const silent = quality?.silent.map((each) => each.point) ?? [];
  const lacks = [
    quality?.missing ? `${duration(quality.missing)} missing in ${counted(quality.gaps, "place")}` : "",
    share ? `${percent(share)} estimated` : "",
    silent.length
      ? `nothing in 7 days from ${list(silent.slice(0, 3))}${silent.length > 3 ? ` and ${(quality?.silent_points ?? 0) - 3} more` : ""}`
      : "",
  ].filter(Boolean);
  const settled = one.newest_settlement;
  return [
    quality
      ? h(
          "li",
          { class: lacks.length ? "lack" : "good" },
          lacks.length ? `In the last 35 days: ${lacks.join("; ")}` : "The last 35 days have no gaps and no estimates",
        )
      : null,
    one.newest_file
      ? h(
          "li",
          {},
          h("a", { href: `${base}/files` }, one.newest_file.name),
          ` (${moment(one.newest_file.created, clock)}): ${one.newest_file.verdict}`,
        )
      : null,
    settled
      ? h(
          "li",
          {},
          h("a", { href: `${base}/settlements` }, `${monthName(`${settled.month}-01`)} settled`),
          `: ${money(settled.total, settled.currency)}`,
        )
      : null,
    one.weather_site ? weatherNow(one.weather_site) : null,
  ].filter((item): item is HTMLLIElement => item !== null);
}
