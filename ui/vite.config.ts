import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Everything the server answers itself; the rest of the URLs belong to the UI.
const SERVER_PATHS = ["/ajax-api", "/api", "/get-artifact", "/version", "/health"];
const SERVER = process.env["CAIRN_SERVER"] ?? "http://127.0.0.1:5000";

export default defineConfig({
  base: "./", // assets are found relative to <base href>, so a URL prefix needs no rebuild
  plugins: [react()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: Object.fromEntries(SERVER_PATHS.map((path) => [path, SERVER])) },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
