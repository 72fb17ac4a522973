/** The API: one function for every call, with the token and with errors that a person can read. */

export interface Problem {
  title: string;
  status: number;
  detail: string;
  errors?: { field: string; detail: string }[];
}

/** A refusal by the API, or no answer at all (status 0). The message is for the reader. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: { field: string; detail: string }[] = [],
  ) {
    super(message);
  }
}

export interface Session {
  user: string;
  token: string;
  expires: number;
}

const PATIENCE = 60_000;
const SILENT = "The service has not answered for a minute. Try again in a moment.";
const KEY = "trefoil-session";
const EXPIRED = "Your session has expired. Sign in again to go on.";
let origin: Promise<string> | undefined;
let ended: (why: string) => void = () => undefined;

/** Called when a session is over: signed out, or the token has expired. */
export function onEnd(handler: (why: string) => void): void {
  ended = handler;
}

/** Where the API is: a deployment says so in config.json; "" is this site's own origin. */
export function base(): Promise<string> {
  origin ??= fetch("/config.json", { cache: "no-cache" }).then(async (reply) => ((await reply.json()) as { api: string }).api);
  origin.catch(() => (origin = undefined)); // asked for anew by the next call
  return origin;
}

/** The session, kept for this tab only; null when nobody is signed in or the token has expired. */
export function session(): Session | null {
  const kept = sessionStorage.getItem(KEY);
  const found = kept ? (JSON.parse(kept) as Session) : null;
  return found && found.expires > Date.now() ? found : null;
}

/** What to say to a reader whose session is over by its age, once. */
export function lapsed(): string {
  if (!sessionStorage.getItem(KEY) || session()) return "";
  sessionStorage.removeItem(KEY);
  return EXPIRED;
}

export function signOut(why = ""): void {
  sessionStorage.removeItem(KEY);
  ended(why);
}

export async function signIn(user: string, password: string): Promise<void> {
  const reply = await call<{ access_token: string; expires_in: number }>("POST", "/api/login", { json: { user, password } });
  const made: Session = { user, token: reply.body.access_token, expires: Date.now() + reply.body.expires_in * 1000 };
  sessionStorage.setItem(KEY, JSON.stringify(made));
}

interface Sending {
  json?: unknown;
  headers?: Record<string, string>;
}

export async function call<T>(method: string, path: string, sending: Sending = {}): Promise<{ body: T; headers: Headers }> {
  const headers: Record<string, string> = { ...sending.headers };
  const kept = sessionStorage.getItem(KEY);
  if (kept && path !== "/api/login") headers.Authorization = `Bearer ${(JSON.parse(kept) as Session).token}`;
  if (sending.json !== undefined) headers["Content-Type"] = "application/json";
  const body = sending.json === undefined ? null : JSON.stringify(sending.json);
  let reply: Response;
  try {
    reply = await fetch((await base()) + path, { method, headers, body, signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") throw new ApiError(0, SILENT);
    throw new ApiError(0, "The service can't be reached. Check your connection, and try again in a moment.");
  }
  if (reply.ok) return { body: (reply.status === 204 ? null : await reply.json().catch(strange)) as T, headers: reply.headers };
  const told = (await reply.json().catch(() => null)) as Problem | null;
  if (reply.status === 401 && path !== "/api/login") {
    signOut(EXPIRED);
  }
  throw new ApiError(reply.status, readable(reply, told), told?.errors ?? []);
}

function strange(error: unknown): never {
  if (error instanceof DOMException && error.name === "TimeoutError") throw new ApiError(0, SILENT);
  throw new ApiError(0, "Something else than the service has answered, such as the sign-in page of a network. Open it, and try again.");
}

/** Parameters of a question; a list is sent as one of that name for each, what is empty not at all. */
export type Query = Record<string, string | string[]>;

const sent = new Map<string, Promise<unknown>>();

/** Ask before it is known whether the answer is needed, so that one wait on the line is spared: the next `get` of this path takes it. */
export function ahead(path: string): void {
  const asked = get(path);
  asked.catch(() => undefined); // whoever takes it is told; who doesn't, needn't be
  sent.set(path, asked);
}

export async function get<T>(path: string, query: Query = {}): Promise<T> {
  const asked = sent.get(path);
  sent.delete(path);
  if (asked && !Object.keys(query).length) return asked as Promise<T>;
  const given = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value]
        .flat()
        .filter(Boolean)
        .map((one) => [name, one]),
    ),
  );
  return (await call<T>("GET", given.size ? `${path}?${given}` : path)).body;
}

/** What an answer of several pages holds, page by page. */
export async function* pages<T extends { next: string | null }>(path: string, query: Query = {}): AsyncGenerator<T> {
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: T = await get<T>(path, { ...query, cursor });
    yield page;
    cursor = page.next;
  }
}

/** What `look` finds, asked for less and less often; raises an error with `message` when it is not there in time. */
export async function waitFor<T>(look: () => Promise<T | undefined>, patience: number, message: string): Promise<T> {
  const begun = Date.now();
  for (let wait = 300; Date.now() - begun < patience; wait = Math.min(wait * 1.5, 3000)) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  throw new ApiError(0, message);
}

/** Where an account's resources are in the API. */
export const accountPath = (account: string): string => `/api/accounts/${encodeURIComponent(account)}`;

function readable(reply: Response, told: Problem | null): string {
  const detail = told?.detail ?? "";
  switch (reply.status) {
    case 401:
      return "User name or password is wrong.";
    case 403:
      return `You may not do this: ${detail}. Ask an administrator for the permission.`;
    case 412:
      return "Somebody else has changed this since you opened it. What they saved is shown now; make your change again.";
    case 429: {
      const seconds = Number(reply.headers.get("Retry-After") ?? 60);
      return `Too many attempts. Try again in ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`;
    }
    case 500:
    case 503:
      return `The service has a problem just now. Try again in a moment. (${detail})`;
    default:
      return detail || `The service answered ${reply.status}.`;
  }
}
