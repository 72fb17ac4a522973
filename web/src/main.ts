/** The site's frame: who is signed in, which view the address names, and what a view may show. */
import "./style.css";
import { accountPath, ahead, ApiError, base, get, lapsed, onEnd, session, signOut } from "./kit/api";
import { h, retriable, skeleton } from "./kit/dom";
import { may, type Me, type Settings } from "./model";
import type { Show } from "./place";
import { forget } from "./views/clock";
import { home } from "./views/home";
import { signInView } from "./views/signin";

interface View {
  label: string;
  /** Any of these grants opens it. */
  actions: string[];
  /** Of the account's resources the one that it asks for first. */
  first?: string;
  /** Fetches its script, when it is opened first: the first chart does not wait for the forms. */
  load: () => Promise<Show>;
}

const VIEWS: Record<string, View> = {
  consumption: {
    label: "Consumption",
    actions: ["read"],
    first: "points",
    load: async () => (await import("./views/consumption/view")).consumption,
  },
  files: { label: "Files", actions: ["read", "upload"], load: async () => (await import("./views/files")).files },
  settlements: { label: "Settlements", actions: ["settle"], load: async () => (await import("./views/settlements")).settlements },
  trade: { label: "Trade", actions: ["read"], load: async () => (await import("./views/trade")).trade },
  export: { label: "Export", actions: ["export"], load: async () => (await import("./views/exports")).exportsOf },
  settings: { label: "Settings", actions: ["read", "delete"], load: async () => (await import("./views/settings")).settings },
};

/** What a view's script is that did not come: browsers say it each in another way. */
const UNREACHED = "A part of this site can't be reached. Check your connection, and try again in a moment.";

const main = document.querySelector("#main") as HTMLElement;
const header = document.querySelector("#header") as HTMLElement;
let me: Me | null = null;
let shown = 0;

onEnd((why) => {
  me = null;
  void route(why);
});
addEventListener(
  "popstate",
  () => void route().then(() => document.activeElement === document.body && main.focus({ preventScroll: true })),
);
document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest("a");
  if (
    !link ||
    link.origin !== location.origin ||
    link.hasAttribute("download") ||
    link.target ||
    event.ctrlKey ||
    event.metaKey ||
    event.shiftKey
  )
    return;
  if (link.pathname.startsWith("/api/")) return;
  event.preventDefault();
  if (link.getAttribute("href")?.startsWith("#")) return main.focus();
  go(link.pathname + link.search);
});
void base().catch(() => undefined); // on its way while the reader types a password
void route();

function go(path: string): void {
  if (path !== location.pathname + location.search) history.pushState(null, "", path);
  void route().then(() => main.focus());
}

async function route(why = ""): Promise<void> {
  const turn = ++shown;
  frame();
  const held = session();
  if (held?.user !== me?.user) {
    me = null; // nobody sees what another may
    forget();
  }
  if (!held) return put(turn, "Sign in", signInView(why || lapsed(), route));
  main.replaceChildren(
    h("div", { class: "loading", role: "status" }, h("span", { class: "unseen" }, "Loading…"), skeleton("title"), skeleton("card")),
  );
  const [place, account = "", name = "consumption", ...more] = parts(location.pathname);
  const view = place === "accounts" && account && !more.length && Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
  try {
    // Who the reader is, the script of the view and what it begins with come in one wait.
    if (view?.first) ahead(`${accountPath(account)}/${view.first}`);
    [me] = await Promise.all([me ?? get<Me>("/api/me"), view?.load()]);
    frame();
    if (location.pathname === "/") return put(turn, "Home", await home());
    if (view) {
      document.title = `${account}: ${view.label} - Trefoil`;
      return put(turn, view.label, await accountView(account, name, view, me), true); // it may have told more
    }
    if (place === "weather" && name === "consumption" && !more.length)
      return put(turn, "Weather", await (await import("./views/weather")).weather(account));
    return put(turn, "Not found", missing());
  } catch (error) {
    if (session())
      put(
        turn,
        "Trefoil",
        h(
          "section",
          { class: "card" },
          retriable(error instanceof TypeError ? UNREACHED : error, () => void route()),
        ),
      );
  }
}

/** What stands between the slashes; nothing where that is no text. */
function parts(path: string): string[] {
  try {
    return path.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return [];
  }
}

function put(turn: number, title: string, view: HTMLElement, own = false): void {
  if (turn !== shown) return; // the reader has gone on
  if (!own) document.title = title === "Trefoil" ? title : `${title} - Trefoil`;
  main.replaceChildren(view);
}

function missing(): HTMLElement {
  return h(
    "section",
    { class: "card narrow" },
    h("h1", {}, "There is no such page"),
    h("p", {}, "The address may be mistyped, or the page has moved."),
    h("p", {}, h("a", { href: "/" }, "To the start page")),
  );
}

function frame(): void {
  const kept = session();
  const here = (path: string): string | false =>
    (location.pathname === path || (path !== "/" && location.pathname.startsWith(`${path}/`))) && "page";
  header.replaceChildren(
    h("a", { class: "brand", href: "/" }, h("img", { src: "/trefoil.svg", alt: "", width: 36, height: 36 }), "Trefoil"),
    kept
      ? h(
          "nav",
          { "aria-label": "Site" },
          h("a", { href: "/", "aria-current": here("/") }, "Home"),
          h("a", { href: "/weather", "aria-current": here("/weather") }, "Weather"),
          docs(),
          h("span", { class: "who" }, kept.user),
          h(
            "button",
            {
              type: "button",
              class: "quiet",
              onclick: () => {
                history.replaceState(null, "", "/");
                signOut();
              },
            },
            "Sign out",
          ),
        )
      : "",
  );
}

/** The API's page is of the API's origin, which need not be the site's. */
function docs(): HTMLElement {
  const link = h("a", { href: "/api/docs", target: "_blank", rel: "noopener" }, "API");
  void base().then(
    (origin) => (link.href = `${origin}/api/docs`),
    () => undefined,
  );
  return link;
}

async function accountView(account: string, name: string, view: View, who: Me): Promise<HTMLElement> {
  const own = `/accounts/${encodeURIComponent(account)}`;
  const can = (action: string): boolean => may(who, action, account);
  const open = (one: View): boolean => one.actions.some(can);
  const tabs = Object.entries(VIEWS).filter(([, one]) => open(one));
  if (!open(view))
    return h(
      "section",
      { class: "card" },
      h("h1", {}, account),
      h(
        "p",
        {},
        `You may not see ${view.label.toLowerCase()} of this account. Ask an administrator for the permission to ${view.actions.join(" or ")}.`,
      ),
      h("p", {}, h("a", { href: "/" }, "To the start page")),
    );
  const [content, title] = await Promise.all([
    view.load().then((show) => show({ account, may: can })),
    can("read") ? named(account) : account,
  ]);
  return h(
    "div",
    {},
    h("h1", {}, title, title === account ? "" : h("small", {}, account)),
    h(
      "nav",
      { class: "tabs", "aria-label": "Account" },
      ...tabs.map(([key, one]) =>
        h("a", { href: key === "consumption" ? own : `${own}/${key}`, "aria-current": key === name && "page" }, one.label),
      ),
    ),
    content,
  );
}

/** The account's own name, where it has one. */
async function named(account: string): Promise<string> {
  try {
    return (await get<Settings>(`${accountPath(account)}/settings`)).display_name || account;
  } catch (error) {
    if (error instanceof ApiError) return account;
    throw error;
  }
}
