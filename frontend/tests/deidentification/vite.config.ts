import { defineConfig } from "vite";

// One file that Node runs without node_modules: `vite build --config …/vite.config.ts --outDir …`.
export default defineConfig({
  publicDir: false,
  logLevel: "warn",
  ssr: { noExternal: true },
  build: {
    ssr: "tests/deidentification/deidentify_folder.ts",
    target: "node20",
    emptyOutDir: true,
  },
});
