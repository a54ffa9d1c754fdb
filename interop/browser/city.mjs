// The city's own page, while its story is being told. Arguments: one JSON document.

import { browse, check } from './visitor.mjs';

const { chromium, screens, city } = JSON.parse(process.argv[2]);

const browser = await browse(chromium, screens);
try {
  const { page, look } = await browser.visitor();
  await page.goto(city);
  check((await page.locator('#services a').count()) === 5, 'the page leads to the ledger, the counter and three desks');
  await look('city-home');
} catch (error) {
  await browser.lastLooks();
  throw error;
} finally {
  await browser.close();
}
console.log(JSON.stringify(browser.findings));
process.exit(browser.findings.length ? 1 : 0);
