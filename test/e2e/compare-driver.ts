/** What a user does with the panes of Compare. */
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

export interface Size {
  width: number;
  height: number;
}

/** Where an image's pixel lies on the page, while the panes show the whole image. */
export async function placeOf(page: Page, pane: string, image: Size, at: { x: number; y: number }) {
  const box = await page.getByTestId(`pane-${pane}`).boundingBox();
  if (!box) throw new Error(`There is no pane ${pane}.`);
  const scale = Math.min(box.width / image.width, box.height / image.height);
  return {
    x: box.x + box.width / 2 + (at.x + 0.5 - image.width / 2) * scale,
    y: box.y + box.height / 2 + (at.y + 0.5 - image.height / 2) * scale,
  };
}

/** Holds the pointer over a pixel and reads what the probe says. */
export async function probe(page: Page, pane: string, image: Size, at: { x: number; y: number }) {
  const place = await placeOf(page, pane, image, at);
  await page.mouse.move(place.x, place.y);
  await expect.poll(() => page.getByTestId('probe-place').textContent()).toBe(`at ${at.x}, ${at.y}`);
  const lines = async (who: string) => page.getByTestId(`probe-${who}`).locator('.probe-line').allInnerTexts();
  const read = (text: string | undefined) => {
    const [name = '', probability] = (text ?? '').split('\n');
    return { name, probability: probability === undefined ? undefined : Number(probability) };
  };
  return { truth: read((await lines('truth'))[0]), teacher: read((await lines('teacher'))[0]) };
}

/** Waits until no pane computes any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('[data-testid="pane-teacher"]').waitFor();
  await expect.poll(() => page.locator('.pane[aria-busy="true"]').count(), { timeout: 90_000, interval: 200 }).toBe(0);
  // The stage draws in the next frames.
  await page.waitForTimeout(500);
}

/** The colours that a pane shows, as an image. */
export async function pictureOf(page: Page, pane: string) {
  await page.mouse.move(2, 2);
  const { data, width, height, channels } = decode(await page.getByTestId(`pane-${pane}`).screenshot());
  return {
    width,
    height,
    at: (x: number, y: number): number[] => {
      const from = (Math.round(y) * width + Math.round(x)) * channels;
      return [...data.slice(from, from + 3)];
    },
  };
}
