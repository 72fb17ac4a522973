import { defineConfig } from "vite";

export default defineConfig({
  // Nothing inline: the Content-Security-Policy admits files of this site only.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2022", rollupOptions: { input: ["index.html", "404.html"] } },
});
