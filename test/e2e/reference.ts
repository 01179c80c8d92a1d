/** Pictures of the window held against those that are kept in `golden/`. `npm run pictures` takes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decode, encode } from 'fast-png';
import pixelmatch from 'pixelmatch';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from './app.ts';

const KEPT = path.join(ROOT, 'test', 'e2e', 'golden');
const RESULTS = path.join(ROOT, 'test-results', 'screenshots');
const RENEW = process.env.STILLROOM_PICTURES === 'renew';

/** How far a pixel's colour may differ, 0–1 in YIQ (see pixelmatch): rasterizers round differently. */
const THRESHOLD = 0.1;
/**
 * The share of pixels that may differ by more: in canvases those along slanted and round edges; in the rest of the
 * window also what another release of Chromium draws otherwise.
 */
const MOST = { canvas: 0.0005, window: 0.003 };

const STEADY = `
  *, *::before, *::after, *::placeholder {
    font-family: "DejaVu Sans" !important;
    -webkit-text-fill-color: transparent !important;
    text-decoration: none !important;
    caret-color: transparent !important;
    transition: none !important;
    animation: none !important;
  }`;

/**
 * Makes the window the same on every machine: text keeps its place and size, by a font that the tests install, but is
 * not drawn, for how glyphs are drawn depends on the machine and what they say on the time.
 */
export async function steady(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1280, height: 800 });
  // Not by a style element: the page allows none but its own.
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets.push(sheet);
  }, STEADY);
}

interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

function read(png: Uint8Array): Picture {
  const { width, height, channels, data } = decode(png);
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) rgba[4 * i + c] = data[channels * i + c];
  }
  return { width, height, data: rgba };
}

/** Where two pictures differ, and how: a share of the pixels, and a picture of them. */
function differing(one: Picture, other: Picture): { share: number; picture: Uint8Array } {
  const { width, height } = one;
  const data = new Uint8Array(width * height * 4);
  const count = pixelmatch(one.data, other.data, data, width, height, { threshold: THRESHOLD });
  return { share: count / (width * height), picture: encode({ width, height, data, channels: 4 }) };
}

/** Expects a part of the window to look as it is kept under this name, once it looks the same twice. */
export async function expectPicture(part: Locator, name: string, what: keyof typeof MOST): Promise<void> {
  const kept = path.join(KEPT, `${name}.png`);
  let shown = await part.screenshot();
  if (RENEW) {
    await expect
      .poll(
        async () => {
          const before = shown;
          shown = await part.screenshot();
          return shown.equals(before);
        },
        { timeout: 20_000, interval: 500 },
      )
      .toBe(true);
    writeFileSync(kept, shown);
    return;
  }
  if (!existsSync(kept)) throw new Error(`There is no ${kept} yet: npm run pictures takes it.`);
  const wanted = read(readFileSync(kept));
  let found: { share: number; picture: Uint8Array } = { share: 1, picture: new Uint8Array() };
  let size = '';
  try {
    await expect
      .poll(
        async () => {
          shown = await part.screenshot();
          const now = read(shown);
          size = `${now.width} × ${now.height}`;
          if (now.width !== wanted.width || now.height !== wanted.height) return 1;
          found = differing(wanted, now);
          return found.share;
        },
        { timeout: 20_000, interval: 500 },
      )
      .toBeLessThanOrEqual(MOST[what]);
  } catch {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(path.join(RESULTS, `${name}-now.png`), shown);
    if (found.picture.length > 0) writeFileSync(path.join(RESULTS, `${name}-difference.png`), found.picture);
    const how =
      found.picture.length === 0
        ? `it is ${size} pixels instead of ${wanted.width} × ${wanted.height}`
        : `${(100 * found.share).toFixed(2)} % of its pixels differ`;
    throw new Error(
      `${name} does not look as in ${kept}: ${how}. See ${RESULTS}/${name}-now.png and -difference.png. If it is meant to look so, npm run pictures takes the pictures anew.`,
    );
  }
}
