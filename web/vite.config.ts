import { defineConfig, type Plugin } from "vite";

// `npm run dev` serves the sources and asks a running `roofscape serve` for the data.
const served = process.env["ROOFSCAPE_URL"] ?? "http://127.0.0.1:8321";

// Runs before the first paint, and so is no module and goes through no bundler.
const theme: Plugin = {
  name: "theme-first",
  transformIndexHtml: () => [{ tag: "script", attrs: { src: "./theme.js" }, injectTo: "head" }],
};

export default defineConfig({
  plugins: [theme],
  // Relative addresses: the same files serve from `/`, from a folder of a file host, from anywhere.
  base: "./",
  esbuild: { jsx: "automatic", legalComments: "none" },
  build: {
    target: "es2020",
    outDir: process.env["ROOFSCAPE_WEB_OUT"] ?? "dist",
    emptyOutDir: true,
    // A data: URL would ask for a wider content security policy than 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      output: {
        manualChunks: (id) =>
          /node_modules\/(echarts|zrender|tslib)/.test(id)
            ? "charts"
            : /node_modules\/(react|react-dom|scheduler)\//.test(id)
              ? "react"
              : undefined,
      },
    },
  },
  server: { proxy: { "/api": served } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
} as Parameters<typeof defineConfig>[0]);
