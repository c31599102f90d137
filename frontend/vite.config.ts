import { defineConfig } from "vitest/config";

// One entry a page. Templates name the entry; portal.reports.templatetags.assets finds the built
// files through the manifest. Relative base: the files work under any STATIC_URL.
const pages = ["shell", "work_list_page", "upload_page", "run_page", "report_page", "change_page", "reading_page", "administration_page"];

export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: "dist",
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 3200,
    rollupOptions: { input: pages.map((page) => `src/${page}.ts`) },
  },
  worker: { format: "es" },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
