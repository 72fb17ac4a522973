import { defineConfig } from "vite";

/** A running system, to which the site leads while somebody works on it: `nox -s demo` unless TREFOIL_API names another. */
const system = (process.env.TREFOIL_API ?? "http://127.0.0.1:8000").replace(/\/+$/, "");
const SIGNED = "/_local/";

/** Signed URLs name the system itself. In what is read here they name this server, so that they lead through it too. */
function signedHere(proxy) {
  // What is packed could not be looked at.
  proxy.on("proxyReq", (request) => request.removeHeader("accept-encoding"));
  proxy.on("proxyRes", (answer, request, response) => {
    answer.on("error", () => response.destroy());
    if (!/\bjson\b/.test(answer.headers["content-type"] ?? "")) {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
      return;
    }
    const parts = [];
    answer.on("data", (part) => parts.push(part));
    answer.on("end", () => {
      const said = Buffer.concat(parts).toString();
      const body = Buffer.from(said.replaceAll(system + SIGNED, `http://${request.headers.host}${SIGNED}`));
      response.writeHead(answer.statusCode, { ...answer.headers, "content-length": String(body.length) });
      response.end(body);
    });
  });
}

const led = { target: system };
const read = { target: system, selfHandleResponse: true, configure: signedHere };

export default defineConfig({
  // Nothing inline: the Content-Security-Policy admits files of this site only.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2022", rollupOptions: { input: ["index.html", "404.html"] } },
  server: { proxy: { "/api": read, "/.well-known": led, "/config.json": led, [SIGNED]: led } },
});
