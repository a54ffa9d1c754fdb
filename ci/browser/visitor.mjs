// A browser that looks at every page it visits: a picture, accessibility, and whether the page's own policy was broken.

import { mkdirSync } from 'node:fs';
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
    /** A visitor with cookies of its own. */
    visitor: async (options = {}) => {
      // `bypassCSP` is for axe, which is a script of ours; violations are reported all the same.
      const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1100, height: 900 }, ...options });
      context.setDefaultTimeout(60_000);
      const page = await context.newPage();
      watch(page, findings);
      return { page, context, look: (name) => look(page, name, screens, findings) };
    },
  };
}

/** A broken Content-Security-Policy, an error in a script and an answer 5xx are findings. */
function watch(page, findings) {
  page.on('console', (message) => {
    if (message.type() === 'error') findings.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => findings.push(`${page.url()}: ${error}`));
  page.on('response', (response) => {
    if (response.status() >= 500) findings.push(`${response.url()}: ${response.status()}`);
  });
}

/** Takes a picture and looks for serious accessibility defects. */
async function look(page, name, screens, findings) {
  await page.screenshot({ path: `${screens}/${name}.png`, fullPage: true });
  const session = await page.context().newCDPSession(page);
  // Evaluated by the debugger, which the page's policy does not bind.
  const { readFileSync } = await import('node:fs');
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
