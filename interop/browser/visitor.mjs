// A browser that looks at every page it visits: a picture, accessibility, and whether the page's own policy was broken.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import jsQR from 'jsqr';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

// Chromium looks up its maker's hosts at every start unless it is told not to.
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/** One browser; `screens` is the folder of its pictures. */
export async function browse(executablePath, screens) {
  mkdirSync(screens, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: QUIET });
  const findings = [];
  return {
    findings,
    close: () => browser.close(),
    /** A claim whose failure must not hide the others: it becomes a finding. */
    expect: (holds, claim) => { if (!holds) findings.push(`it does not hold that ${claim}`); },
    /** A visitor with cookies of its own. */
    visitor: async (options = {}) => {
      const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1100, height: 900 }, ...options });
      context.setDefaultTimeout(60_000);
      const page = await context.newPage();
      watch(page, findings);
      return { page, context, look: (name) => look(page, name, screens, findings) };
    },
    /** A picture of every page as it was when something went wrong. */
    lastLooks: async () => {
      const pages = browser.contexts().flatMap((context) => context.pages());
      for (const [number, page] of pages.entries()) {
        const path = `${screens}/failed-${number}.png`;
        // A page that is just leaving cannot be photographed, and must not hide what went wrong.
        await page.screenshot({ path, timeout: 5_000 }).then(() => console.error(`${path}: ${page.url()}`), () => {});
      }
    },
    seesAnInlineScript: (page) => seesAnInlineScript(page, findings),
  };
}

/** A broken Content-Security-Policy, an error in a script and an answer 5xx are findings; a form that is refused is not. */
function watch(page, findings) {
  page.on('console', (message) => {
    const refused = /status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !refused) findings.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => findings.push(`${page.url()}: ${error}`));
  page.on('response', (response) => {
    if (response.status() >= 500) findings.push(`${response.url()}: ${response.status()}`);
  });
}

/** A watch that never finds anything would say nothing: an inline script is stopped, and is one finding. */
async function seesAnInlineScript(page, findings) {
  const before = findings.length;
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.documentElement.dataset.ran = "yes"';
    document.head.append(script);
  });
  for (const until = Date.now() + 10_000; findings.length === before && Date.now() < until;) await page.waitForTimeout(50);
  await page.waitForTimeout(200);
  const found = findings.splice(before);
  check((await page.locator('html').getAttribute('data-ran')) === null, 'the policy stops an inline script');
  check(found.length === 1 && /content security policy/i.test(found[0]), `one finding is about it: ${found}`);
}

/** Takes a picture and looks for serious accessibility defects. */
async function look(page, name, screens, findings) {
  await page.screenshot({ path: `${screens}/${name}.png`, fullPage: true });
  const session = await page.context().newCDPSession(page);
  // Evaluated by the debugger, which the page's policy does not bind.
  await session.send('Runtime.evaluate', { expression: readFileSync(axe, 'utf8') });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run().then((r) => JSON.stringify(r.violations))', awaitPromise: true, returnByValue: true,
  });
  await session.detach();
  for (const { id, impact, nodes } of JSON.parse(result.value)) {
    if (impact === 'serious' || impact === 'critical') {
      findings.push(`${name} (${page.url()}): ${id}: ${nodes.map((n) => n.html).join(' ')}`);
    }
  }
}

/** Presses Tab until an element has the focus. */
export async function tabsTo(page, selector) {
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
  }
  throw new Error(`${selector} cannot be reached by keyboard`);
}

/** Whether whoever uses the keyboard sees where the focus is. */
export function focusIsSeen(page) {
  return page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
  });
}

/** Reads the QR code off a picture of an element. */
export async function scan(locator) {
  const { data, width, height } = PNG.sync.read(await locator.screenshot());
  const found = jsQR(new Uint8ClampedArray(data), width, height);
  if (!found) throw new Error('no QR code on the picture');
  return found.data;
}

/** A claim of the test. */
export function check(holds, claim) {
  if (!holds) throw new Error(`it does not hold that ${claim}`);
}
