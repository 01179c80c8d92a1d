import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The window's pages. Addresses are relative: the same files are served by app:// and by the loopback server. */
export default defineConfig({
  root: path.join(import.meta.dirname, 'src-renderer'),
  base: './',
  plugins: [react()],
  build: { target: 'chrome140', outDir: path.join(import.meta.dirname, 'dist/renderer'), emptyOutDir: true },
});
