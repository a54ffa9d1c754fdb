// The public page as a journalist reads it: everything published, checked by the reader's own browser.

import { check } from './visitor.mjs';

/** Visits a page of every kind. */
export async function reads({ page, look }, ledger, policy) {
  const open = (path) => page.goto(new URL(path, ledger).href);
  await open('/');
  await look('public-home');
  await checksItself(page, open, `/policies/${policy}`);
  await look('public-policy');
  for (const [path, name] of PAGES) {
    await open(path);
    await look(name);
  }
  await seesCharts(page, open, look);
  await open('/numbers');
  check((await page.locator('[data-totals] td').allTextContents()).includes(FEW), 'a small number is not shown');
  await look('public-numbers');
  await readsRecordsOnAPhone(page, open);
  await open('/search');
  await page.fill('#q', '信用');
  await page.press('#q', 'Enter');
  await page.waitForSelector('[data-group] a[href^="/models/"]');
  await look('public-search');
  await movesFactors(page, open, look);
}

/** "Check it yourself" says yes, and says no to an entry and to a checkpoint that were altered on their way. */
async function checksItself(page, open, path) {
  await open(path);
  check((await checked(page)) === 'yes', 'the browser finds the entry included');
  const alterations = [[/\/entry\/\d+$/, flipped, 'root-no'], [/\/checkpoint$/, withAnotherRoot, 'signature-no']];
  for (const [of, alter, step] of alterations) {
    await page.route(of, async (route) => {
      const body = alter(await (await route.fetch()).body());
      await route.fulfill({ body, contentType: 'application/octet-stream' });
    });
    check((await checked(page)) === 'no', `the browser does not believe ${of}`);
    check(await page.locator(`[data-step="${step}"]`).isVisible(), `the reader is told why: ${step}`);
    await page.unroute(of);
  }
  check((await checked(page)) === 'yes', 'the browser finds the entry included once more');
}

/** Presses the button and answers what the page concludes. */
async function checked(page) {
  await page.click('#check');
  await page.waitForSelector(['yes', 'no', 'unable'].map((word) => `#check[data-checked=${word}]`).join(', '));
  return page.locator('#check').getAttribute('data-checked');
}

function flipped(bytes) {
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
}

function withAnotherRoot(bytes) {
  const lines = bytes.toString().split('\n');
  lines[2] = (lines[2].startsWith('A') ? 'B' : 'A') + lines[2].slice(1);
  return Buffer.from(lines.join('\n'));
}

async function seesCharts(page, open, look) {
  await open('/disclosures');
  await look('public-disclosures');
  for (const [title, name, holds] of DISCLOSURES) {
    await open('/disclosures');
    await page.click(`main a:has-text("${title}")`);
    await page.waitForSelector(holds);
    await look(name);
  }
  const cells = await page.locator('main td').allTextContents();
  check(cells.includes(FEW) && !cells.includes('9'), 'the disclosure does not show the small number either');
}

/** The script computes what the server computes, whether the factors are typed in or moved with the keyboard. */
async function movesFactors(page, open, look) {
  await open(MODEL);
  const score = page.locator('#score');
  await page.fill('#f-seniority_years', '10');
  check((await score.getAttribute('data-units')) === String(BASE + 10 * PER_YEAR), 'ten years make the score');
  check((await score.textContent()) === String(Math.floor((BASE + 10 * PER_YEAR) / 1000)), 'points are whole');
  await page.check('#f-bad_records');
  await page.locator('[data-slides="f-income"]').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  check(!['', '0'].includes(await page.inputValue('#f-income')), 'the slider moves its factor');
  await page.click('#compute');
  check(await page.evaluate(() => document.activeElement.id === 'score'), 'the score has the focus');
  await isTheServersScore(page, MODEL);
  await page.fill('#f-income', 'much');
  check(await page.locator('#score-wrong').isVisible(), 'what is no number is named');
  await page.fill('#f-income', '8000');
  await look('public-model');
  await climbsSteps(page, open, look);
}

/** An additive model: each factor is on a step of its curve, or missing. */
async function climbsSteps(page, open, look) {
  await open(ADDITIVE);
  check((await page.locator('[data-chart] svg').count()) === 8, 'each factor has its curve');
  for (const [years, bad, home, income] of [['0', false, '', ''], ['1', true, 'true', '0'], ['24', false, 'false', '99.9']]) {
    await page.fill('#f-seniority_years', years);
    await page.setChecked('#f-bad_records', bad);
    await page.selectOption('#f-owns_home', home);
    await page.fill('#f-income', income);
    if (income === '99.9') check(await page.locator('#score-wrong').isVisible(), 'whole numbers only');
    else await isTheServersScore(page, ADDITIVE);
  }
  await page.fill('#f-seniority_years', '');
  await page.fill('#f-income', '');
  check(await page.locator('#score-wrong').isVisible(), 'years in work are never missing');
  await page.fill('#f-seniority_years', '12');
  await look('public-additive-model');
}

/** The form without scripts gives the score that the script shows. */
async function isTheServersScore(page, model) {
  const form = await page.evaluate(() => {
    const fields = new FormData(document.getElementById('calculator'));
    return new URLSearchParams(fields).toString();
  });
  const answer = await page.request.get(new URL(`${model}?${form}`, page.url()).href);
  const units = await page.locator('#score').getAttribute('data-units');
  check(units !== '' && (await answer.text()).includes(`tabindex="-1" data-units="${units}"`), 'the server computes the same score');
}

/** The list of entries on a phone: nothing is cut, and no cell is so narrow that it has a few letters a line. */
async function readsRecordsOnAPhone(page, open) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await open('/records');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  check(wide <= 390, 'the list of entries fits a phone');
  const narrow = await page.locator('#records td').evaluateAll((cells) =>
    cells.filter((cell) => cell.getBoundingClientRect().width < 300).length);
  check(narrow === 0, 'each cell has the width of the card');
  await page.setViewportSize(size ?? { width: 1280, height: 720 });
}

const PAGES = [
  ['/departments', 'public-departments'], ['/departments/credit.nanning', 'public-department'],
  ['/policies', 'public-policies'], ['/models', 'public-models'], ['/schemas', 'public-schemas'],
  ['/schemas/identity/1', 'public-schema'], ['/keys', 'public-keys'], ['/checkpoints', 'public-checkpoints'],
  ['/records', 'public-records'], ['/records/1', 'public-record'],
];
/** The last one has the small number. */
const DISCLOSURES = [
  ['建设预算', 'public-budget', '[data-chart] svg'], ['项目进展', 'public-progress', '[data-chart] svg'],
  ['核验统计', 'public-totals', '#few'],
];
const MODEL = '/models/credit-scorecard/1';
const ADDITIVE = '/models/credit-additive/1';
/** The model's base and the weight of a year in work, in thousandths of a point. */
const [BASE, PER_YEAR] = [385_196, 6_296];
const FEW = '少于 10';
