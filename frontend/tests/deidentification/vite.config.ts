import { defineConfig } from "vite";

// Programs that Node runs without node_modules: `vite build --config …/vite.config.ts --outDir …`.
export default defineConfig({
  publicDir: false,
  logLevel: "warn",
  ssr: { noExternal: true },
  build: {
    ssr: true,
    rollupOptions: {
      input: ["deidentify_folder", "clean_texts"].map((name) => `tests/deidentification/${name}.ts`),
    },
    target: "node20",
    emptyOutDir: true,
  },
});
