/* Builds dist/ from src/. The same sources and the locked versions give the same bytes. usage: node build.mjs [OUTPUT FOLDER] */
import { build, transform } from 'esbuild';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] || join(here, 'dist');
const target = ['es2022', 'chrome123', 'firefox121', 'safari17.5']; /* light-dark(), constructed style sheets, <dialog> */
const common = { absWorkingDir: here, bundle: true, minify: true, target, legalComments: 'none', charset: 'utf8', logLevel: 'warning' };

/* The widget carries its style sheets as text for its shadow root. */
const styleAsText = {
  name: 'style-as-text',
  setup: (b) => b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
    const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true, target, charset: 'utf8' });
    return { contents: code, loader: 'text' };
  }),
};

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'assets'), { recursive: true });
await build({ ...common, entryPoints: ['src/chat/chat.js', 'src/console/console.js'], entryNames: '[name]', outdir: join(out, 'assets'), format: 'esm' });
await build({ ...common, entryPoints: ['src/widget/widget.js'], outfile: join(out, 'widget.js'), format: 'iife', plugins: [styleAsText] });
for (const page of ['index.html', 'console.html']) copyFileSync(join(here, 'src/pages', page), join(out, page));
copyFileSync(join(here, 'src/pages/seal.svg'), join(out, 'assets/seal.svg'));
