/** The walls between the page and the machine, tried from inside the page; and what quitting asks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Scratch, startApp, stillroom, type Window } from './app.ts';
import { mainJob } from './job.ts';

const scratch = new Scratch();
let window: Window;

beforeAll(async () => {
  window = await startApp(scratch);
  await window.page.getByTestId('start-sample').waitFor();
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

test('the page has no Node, and one bridge of two functions', async () => {
  const found = await window.page.evaluate(() => {
    const global = globalThis as unknown as Record<string, unknown>;
    return {
      node: ['require', 'process', 'Buffer', 'module', 'global'].filter((name) => name in global),
      bridge: Object.keys(global.stillroom as object).sort(),
    };
  });
  expect(found).toEqual({ node: [], bridge: ['onNews', 'request'] });
});

test('nothing is fetched from outside, run from a string, or framed', async () => {
  const tried = await window.page.evaluate(async () => {
    const fails = async (what: () => unknown) => {
      try {
        await what();
        return false;
      } catch {
        return true;
      }
    };
    const element = (tag: string, source: string) =>
      new Promise<boolean>((resolve) => {
        const made = document.createElement(tag) as HTMLImageElement;
        made.onload = () => resolve(false);
        made.onerror = () => resolve(true);
        made.src = source;
        document.body.append(made);
      });
    return {
      https: await fails(() => fetch('https://example.com/')),
      file: await fails(() => fetch('file:///etc/passwd')),
      otherWindow: await fails(() => fetch('app://w2/')),
      // What the driver itself runs is let through; what runs later is the page's own.
      string: await fails(
        () =>
          new Promise((resolve, reject) => {
            setTimeout(() => {
              try {
                resolve(new Function('1'));
              } catch (error) {
                reject(error);
              }
            });
          }),
      ),
      image: await element('img', 'https://example.com/a.png'),
      script: await element('script', 'data:text/javascript,1'),
    };
  });
  expect(tried).toEqual({ https: true, file: true, otherWindow: true, string: true, image: true, script: true });
});

test('no window opens and no page leaves', async () => {
  const before = window.page.url();
  expect(await window.page.evaluate(() => globalThis.open('https://example.com/'))).toBeNull();
  await window.page.evaluate(() => {
    location.href = 'https://example.com/';
  });
  await window.page.waitForTimeout(500);
  expect(window.page.url()).toBe(before);
  expect(window.app.windows()).toHaveLength(1);
});

test('no permission is given', async () => {
  const states = await window.page.evaluate(async () => {
    const names = ['camera', 'microphone', 'geolocation', 'notifications', 'clipboard-read'] as PermissionName[];
    const asked = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return [...new Set(asked.map(({ state }) => state))];
  });
  expect(states).toEqual(['denied']);
});

test('a request that is not in the contract, or is off, is refused in words', async () => {
  const ask = (name: unknown, params: unknown) =>
    window.page.evaluate(
      ([n, p]) =>
        (
          globalThis as unknown as { stillroom: { request(n: unknown, p: unknown): Promise<unknown> } }
        ).stillroom.request(n, p),
      [name, params] as const,
    );
  expect(await ask('app.info', {})).toMatchObject({ ok: true });
  for (const [name, params] of [
    ['__proto__', {}],
    ['constructor', {}],
    ['items.get', { item: '1; DROP TABLE items' }],
    ['project.open', { file: '/etc' }],
    [{}, {}],
  ] as const) {
    const answer = (await ask(name, params)) as { ok: boolean; refusal: { message: string } };
    expect(answer.ok).toBe(false);
    expect(answer.refusal.message).toMatch(/^[A-Z].*\.$/s);
  }
});

test('the window is sandboxed', async () => {
  const preferences = await window.app.evaluate(({ BrowserWindow }) => {
    const [made] = BrowserWindow.getAllWindows();
    const { sandbox, contextIsolation, nodeIntegration, webSecurity } = (
      made.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }
    ).getLastWebPreferences();
    return { sandbox, contextIsolation, nodeIntegration, webSecurity };
  });
  expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true });
});

test('closing the window on a run asks; stopping leaves a checkpoint to resume from', async () => {
  const own = new Scratch();
  const job = await mainJob(own);
  const project = own.path('project');
  expect((await stillroom(own, 'import', job.dataset, '--project', project)).code).toBe(0);
  const { app, page } = await startApp(own, [project]);
  try {
    await page.getByTestId('nav-train').click();
    await page.getByTestId('field-batch').fill('2');
    await page.getByTestId('field-schedule.steps').fill('500');
    // Without a teacher nothing can be distilled: plain training is enough here.
    for (const term of ['1', '1'])
      await page
        .getByTestId(`term-${term}`)
        .getByRole('button', { name: /Remove/ })
        .click();
    await expect.poll(() => page.getByTestId('start-run').isDisabled(), { timeout: 15_000 }).toBe(false);
    await page.getByTestId('start-run').click();
    await expect.poll(() => page.getByTestId('run-step').textContent(), { timeout: 90_000 }).toMatch(/^[1-9]/);
    await app.evaluate(({ dialog, BrowserWindow }) => {
      const asked = globalThis as unknown as { asked?: string };
      dialog.showMessageBox = (async (_window: unknown, options: { message: string; buttons: string[] }) => {
        asked.asked = options.message;
        return { response: options.buttons.indexOf('Cancel'), checkboxChecked: false };
      }) as unknown as typeof dialog.showMessageBox;
      BrowserWindow.getAllWindows()[0].close();
    });
    await expect
      .poll(() => app.evaluate(() => (globalThis as unknown as { asked?: string }).asked), { timeout: 10_000 })
      .toBe('A run is still going.');
    expect(app.windows()).toHaveLength(1);
    const ended = new Promise((resolve) => app.process().once('exit', resolve));
    await app.evaluate(({ dialog, BrowserWindow }) => {
      dialog.showMessageBox = (async (_window: unknown, options: { buttons: string[] }) => ({
        response: options.buttons.indexOf('Stop with checkpoint'),
        checkboxChecked: false,
      })) as unknown as typeof dialog.showMessageBox;
      BrowserWindow.getAllWindows()[0].close();
    });
    await ended;
  } finally {
    await app.close().catch(() => {});
  }
  const again = await startApp(own, [project]);
  try {
    await again.page.getByTestId('nav-runs').click();
    await expect.poll(() => again.page.getByTestId('runs-table').innerText(), { timeout: 15_000 }).toContain('stopped');
  } finally {
    await again.app.close();
    own.remove();
  }
});
