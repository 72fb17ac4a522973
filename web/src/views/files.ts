/** Files of readings: put straight into the store with a progress bar, then the report of their ingestion. */
import { accountPath, ApiError, call, get, waitFor } from "../kit/api";
import { moment, type Clock } from "../kit/days";
import { field, h, problem, say, table } from "../kit/dom";
import { decimal, size } from "../kit/format";
import type { Ingestion, Signed } from "../model";
import { clockOf, forget } from "./clock";
import type { Place } from "../place";
import { type Choice, formats, keepSources, preview } from "./preview";

const PATIENCE = 120_000;

export async function files({ account, may }: Place): Promise<HTMLElement> {
  const base = accountPath(account);
  let clock = await clockOf(account);
  const reports = h("div", {});
  const running = h("div", { class: "running" });

  const list = async (): Promise<void> => {
    const { ingestions } = await get<{ ingestions: Ingestion[] }>(`${base}/ingestions`, { limit: "20" });
    reports.replaceChildren(
      ...(ingestions.length ? ingestions.map((one) => report(one, base, clock)) : [h("p", {}, "No file has been read yet.")]),
    );
  };

  const choose = async (file: File): Promise<void> => {
    const waiting = h("p", {}, `${file.name} is being looked at…`);
    running.append(waiting);
    try {
      waiting.replaceWith(
        await preview(
          account,
          file,
          may("changeSettings"),
          (choice) => void send(file, choice),
          () => undefined,
        ),
      );
    } catch (error) {
      waiting.replaceWith(problem(error));
    }
  };

  const send = async (file: File, choice: Choice): Promise<void> => {
    const bar = h("progress", { max: 100, value: 0, "aria-label": `Upload of ${file.name}` });
    const state = h("span", {}, `${file.name}, ${size(file.size)}`);
    const row = h("div", { class: "upload" }, state, bar);
    running.append(row);
    try {
      if (choice.pattern) await keepSources(account, choice);
      const source = Object.keys(choice.source).length ? choice.source : null;
      const { body: signed } = await call<Signed & { ingestion: string }>("POST", `${base}/uploads`, {
        json: { name: file.name, bytes: file.size, source },
      });
      await put(signed, file, (share) => (bar.value = share * 100));
      state.textContent = `${file.name} is being read…`;
      bar.removeAttribute("value");
      const found = await waitFor(
        () => reported(base, signed.ingestion),
        PATIENCE,
        "The file was uploaded, but its report is not there yet. Look again in a few minutes.",
      );
      row.remove();
      say(`${file.name}: ${found.verdict}`);
      forget();
      clock = await clockOf(account);
      await list();
    } catch (error) {
      row.replaceWith(problem(error));
    }
  };

  const input = h("input", { type: "file", multiple: true });
  input.addEventListener("change", () => {
    for (const file of input.files ?? []) void choose(file);
    input.value = "";
  });
  const drop = h(
    "div",
    { class: "drop" },
    field(
      "Meter files",
      input,
      "Drop them here, or choose them: CSV, NEM12, Green Button, Excel and others, also as .gz or .zip. You see what each is before it is sent.",
    ),
    formats(),
  );
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    for (const file of event.dataTransfer?.files ?? []) void choose(file);
  });

  await list();
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Files"),
    h(
      "p",
      { class: "soft" },
      "No file at hand? ",
      h("a", { href: "/sample-meter-file.csv", download: "sample-meter-file.csv" }, "Take a sample file"),
      ".",
    ),
    may("upload") ? drop : h("p", {}, "You may see what was ingested here, but not upload."),
    running,
    reports,
  );
}

/** The report of this upload and of no other of its name; nothing until it is there. */
async function reported(base: string, id: string): Promise<Ingestion | undefined> {
  try {
    return await get<Ingestion>(`${base}/ingestions/${id}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function put(signed: Signed, file: File, progress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells no progress of what it sends
    request.open(signed.method, signed.url);
    for (const [name, value] of Object.entries(signed.headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress(event.loaded / Math.max(event.total, 1)));
    request.addEventListener("load", () =>
      request.status < 300 ? resolve() : reject(new ApiError(request.status, "The store refused the file. Ask for the upload again.")),
    );
    request.addEventListener("error", () => reject(new ApiError(0, "The upload was cut off. Try again.")));
    request.send(file);
  });
}

const OUTCOMES = { accepted: "read", partly: "read in part", refused: "refused" };

function report(one: Ingestion, base: string, clock: Clock): HTMLElement {
  const name = one.name || (one.key.split("/").pop() ?? one.key);
  return h(
    "details",
    { class: `report ${one.outcome}` },
    h(
      "summary",
      {},
      h("strong", {}, name),
      h("span", { class: "badge" }, OUTCOMES[one.outcome]),
      h("time", { datetime: one.created }, moment(one.created, clock)),
      h("span", { class: "verdict" }, one.verdict),
    ),
    one.files?.length
      ? table(
          "Files in the archive",
          ["File", "Layout", "Rows", "Rejected", "Landed", ""],
          one.files.map((held) => [
            held.name ?? "",
            held.layout ?? "",
            decimal(held.rows),
            decimal(held.rejected),
            decimal(held.landed ?? 0),
            held.reason ?? "",
          ]),
        )
      : one.layout
        ? h("p", {}, `Read as ${one.layout}.`)
        : "",
    one.ignored_columns.length ? h("p", {}, `Ignored columns: ${one.ignored_columns.join(", ")}`) : "",
    one.first_rejects.length
      ? table(
          one.rejected > one.first_rejects.length ? `The first ${one.first_rejects.length} rejected rows` : "Rejected rows",
          ["Line", "Column", "Value", "Why"],
          one.first_rejects.map((row) => [String(row.line), row.column ?? "", h("code", {}, row.value), row.reason]),
        )
      : "",
    one.outcome === "refused" ? "" : landed(one),
    one.assumed?.length
      ? h(
          "div",
          {},
          h("p", {}, "What the file did not say, and was taken as so:"),
          h("ul", {}, ...one.assumed.map((what) => h("li", {}, what))),
        )
      : "",
    one.first_conflicts?.length
      ? table(
          (one.conflicts ?? 0) > one.first_conflicts.length ? `The first ${one.first_conflicts.length} conflicts` : "Conflicts",
          ["Point", "Channel", "Start", "Version", "Kept", "Gave way", "Why"],
          one.first_conflicts.map((met) => [met.point, met.channel, met.start, String(met.version), met.won, met.lost, met.why]),
        )
      : "",
    one.series?.length
      ? table(
          "What the file holds",
          ["Point", "Channel", "First", "Last", "Readings", "Sum"],
          one.series.map((held) => [held.point, held.channel, held.first, held.last, decimal(held.count), held.sum]),
        )
      : "",
    one.rejects_key
      ? h("button", { type: "button", class: "quiet", onclick: () => void fetchRejects(base, one.id) }, "Download all rejected rows")
      : "",
  );
}

/** What became of the readings, in one sentence; nothing that mattered is left out. */
function landed(one: Ingestion): HTMLElement {
  if (one.landed === null || one.landed === undefined) return h("p", {}, `${decimal(one.readings)} readings were taken.`);
  const more = [
    one.duplicates ? `${decimal(one.duplicates)} said what was there already` : "",
    one.conflicts ? (one.conflicts === 1 ? "1 value gave way to another" : `${decimal(one.conflicts)} values gave way to others`) : "",
    one.replaced ? `${decimal(one.replaced)} of these had been in the table` : "",
    one.gaps ? `${decimal(one.gaps)} ${one.gaps === 1 ? "place" : "places"} had no reading` : "",
    one.blank ? `${decimal(one.blank)} blank ${one.blank === 1 ? "line" : "lines"}` : "",
  ].filter(Boolean);
  return h("p", {}, `${decimal(one.landed)} of ${decimal(one.readings)} readings landed${more.length ? `; ${more.join(", ")}` : ""}.`);
}

async function fetchRejects(base: string, id: string): Promise<void> {
  try {
    location.assign((await get<Signed>(`${base}/ingestions/${id}/rejects`)).url);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
