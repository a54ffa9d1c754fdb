// Desk → wallet → counter → receipt in a browser, then a refusal, then without a network, then from a sealed paper.
// Arguments: one JSON document. Prints the findings, and what the pages told one person each, as JSON; exit code 1 if there
// is a finding.

import { reads } from './public.mjs';
import { browse, check, focusIsSeen, scan, tabsTo } from './visitor.mjs';

const { chromium, screens, wallet, desk, counter, ledger, person, other, list, policy, passphrase } = JSON.parse(process.argv[2]);

/** Pixels that a thumb needs. */
const THUMB = 44;
/** A look's name, the visitor's settings, what is added to addresses, and how the page shows that it knows. */
const LOOKS = [
  ['english', { locale: 'en-GB' }, '', () => document.documentElement.lang === 'en'],
  ['dark', { colorScheme: 'dark' }, '', () => getComputedStyle(document.documentElement).colorScheme === 'dark'],
  ['large', {}, '?size=large', () => document.documentElement.classList.contains('large')],
];

const browser = await browse(chromium, screens);
/** The caller searches logs and databases for these. */
const told = {};
try {
  const citizen = await browser.visitor({ viewport: { width: 420, height: 860 } });
  const clerk = await browser.visitor();
  const narrow = await browser.visitor({ viewport: { width: 390, height: 800 } });
  const journalist = await browser.visitor();

  await makesAWallet(citizen);
  const { link, code } = await offers(clerk);
  await receives(citizen, link, code);
  await browser.seesAnInlineScript(clerk.page);
  await presents(citizen, clerk);
  await presentsByKeyboard(citizen, clerk);
  await refuses(citizen, clerk);
  await fits(citizen, narrow);
  await showsWithoutANetwork(citizen, clerk);
  await opensAPaper(clerk);
  await looksBack(citizen, clerk);
  await looksAround(clerk);
  await reads(journalist, ledger, policy);
  await locks(citizen);
  await inLargePrint(citizen);
  await inOtherLooks();
} catch (error) {
  await browser.lastLooks();
  console.error(browser.findings);
  throw error;
} finally {
  await browser.close();
}
console.log(JSON.stringify({ findings: browser.findings, ...told }, null, 2));
process.exit(browser.findings.length ? 1 : 0);

async function makesAWallet({ page, look }) {
  await page.goto(wallet);
  await page.waitForSelector('#welcome');
  await look('wallet-welcome');
  await page.goto(new URL('/restore', page.url()).href);
  await look('wallet-restore');
  await page.goto(new URL('/', page.url()).href);
  await page.click('a[href="/make"]');
  await look('wallet-make');
  await page.fill('#make [name=passphrase]', passphrase);
  await page.fill('#make [name=again]', passphrase);
  await page.click('#make button');
  await page.waitForSelector('#phrase');
  const words = await page.locator('#phrase .word').allTextContents();
  check(words.length === 24, 'the recovery phrase has 24 words');
  told.phrase = words.join(' ');
  await look('wallet-phrase');
  await page.click('#written');
  await look('wallet-check');
  await answerCheck(page, words.map(() => 'x'));
  await page.waitForSelector('#trouble');
  await answerCheck(page, words);
  await page.waitForSelector('#empty');
}

/** Types the words that are asked for. */
async function answerCheck(page, words) {
  for (const field of await page.locator('#check input[data-place]').all()) {
    await field.fill(words[Number(await field.getAttribute('data-place')) - 1]);
  }
  await page.click('#check button');
}

async function offers({ page, look }) {
  await page.goto(desk);
  await look('desk-home');
  await finds(page, person);
  await look('desk-person');
  await page.click('.make-offer button');
  await page.waitForSelector('#offer');
  await look('desk-offer');
  const link = await page.locator('#offer').getAttribute('data-link');
  const screen = await page.context().newPage();
  await screen.goto(new URL('screen', desk).href);
  check((await scan(screen.locator('#screen .qr'))) === link, "the citizen's screen shows the offer");
  await screen.close();
  const code = (await page.locator('#tx-code').textContent()).trim();
  [told.offer, told.tx_code] = [link, code];
  return { link, code };
}

/** Goes to a person's page at the desk. */
async function finds(page, { id }) {
  await page.goto(desk);
  await page.fill('form#find input[name=person]', id);
  await page.press('form#find input[name=person]', 'Enter');
  await page.waitForSelector('#found a, .make-offer');
  if (await page.locator('#found a').count()) await page.locator('#found a').first().click();
  await page.waitForSelector('.make-offer');
}

async function receives({ page, look }, link, code) {
  await page.goto(new URL('/receive', page.url()).href);
  await look('wallet-receive');
  await page.fill('#receive [name=link]', link);
  await page.click('#receive button');
  await page.waitForSelector('#offer');
  await look('wallet-offer');
  await page.fill('#tx-code', code);
  await page.click('#accept-offer');
  await page.waitForSelector('#outcome[data-outcome]:not([data-outcome=working])');
  check((await page.locator('#trouble').count()) === 0, 'the credential came in');
  await page.goto(new URL('/', page.url()).href);
  await synced(page);
  await look('wallet-home');
  await page.click('#cards a');
  await page.waitForSelector('#values');
  await look('wallet-card');
  await page.goto(new URL('/present', page.url()).href);
  await look('wallet-present');
}

/** The wallet follows by itself; the button is for those who cannot wait. */
async function synced(page) {
  await page.click('button#sync');
  await page.waitForSelector('#cards [data-standing=in_tree]');
}

/** The clerk chooses the matter; the code on the screen is what the wallet gets as a picture. */
async function asks({ page, look }, name) {
  await page.goto(counter);
  if (name) await look('counter-home');
  await page.click(`button[data-policy="${policy}"]`);
  await page.waitForSelector('#waiting');
  if (name) await look(name);
  return shown(page);
}

/** The picture of the code on the counter's screen. */
async function shown(page) {
  const link = await page.locator('#link').getAttribute('data-link');
  check((await scan(page.locator('#qr'))) === link, "the counter's QR code is its link");
  return page.locator('#qr').screenshot();
}

/** Uploads the picture, sees where its link leads, goes there and waits for the consent screen. */
async function scans(citizen, picture) {
  await uploads(citizen, picture);
  await citizen.page.waitForSelector('#follow');
  check((await citizen.page.locator('#server').textContent()) === new URL(counter).origin, 'the link leads to the counter');
  await citizen.page.click('#go');
  await citizen.page.waitForSelector('#consent');
}

async function uploads({ page }, picture) {
  await page.goto(new URL('/present', page.url()).href);
  await page.setInputFiles('#present input[type=file]', { name: 'qr.png', mimeType: 'image/png', buffer: picture });
  await page.click('#present button');
}

async function presents(citizen, clerk) {
  const picture = await asks(clerk, 'counter-waiting');
  await scans(citizen, picture);
  await citizen.look('wallet-consent');
  const [agree, refuse] = await Promise.all(['#agree', '#refuse'].map((b) => citizen.page.locator(b).boundingBox()));
  check(Math.abs(agree.width - refuse.width) < 1 && Math.abs(agree.height - refuse.height) < 1,
    'agreeing and refusing are of one size');
  const match = (await citizen.page.locator('#match-code').textContent()).trim();
  check((await clerk.page.locator('#waiting, main').first().textContent()).includes(match), 'both screens show one code');
  await citizen.page.click('#agree');
  await clerk.page.waitForSelector('#verdict');
  check((await clerk.page.locator('#verdict').getAttribute('data-passed')) === 'true', 'the counter passes');
  await fillsTheScreen(clerk.page);
  await clerk.look('counter-passed');
  await citizen.page.waitForSelector('#outcome[data-outcome=presented]');
  await citizen.look('wallet-presented');
}

/** Clerk and citizen use nothing but their keyboards, and see where they are. */
async function presentsByKeyboard(citizen, clerk) {
  await beginsWithTheSkipLink(clerk.page, new URL('/receipts', counter).href);
  await beginsWithTheSkipLink(clerk.page, new URL('/lists', desk).href);
  await clerk.page.goto(counter);
  check(await clerk.page.evaluate(() => document.activeElement.id === 'code'), 'the scanner has the focus first');
  await presses(clerk.page, `button[data-policy="${policy}"]`);
  await clerk.page.waitForSelector('#waiting');
  await beginsWithTheSkipLink(citizen.page, new URL('/', citizen.page.url()).href);
  await scans(citizen, await shown(clerk.page));
  await presses(citizen.page, '#agree');
  await citizen.page.waitForSelector('#outcome[data-outcome=presented]');
  await clerk.page.waitForSelector('#verdict[data-passed=true]');
  await presses(clerk.page, '#next');
  await clerk.page.waitForSelector('#code');
  await scansFromElsewhere(clerk.page);
}

async function beginsWithTheSkipLink(page, address) {
  await page.goto(address);
  await page.keyboard.press('Tab');
  browser.expect(await page.evaluate(() => document.activeElement.matches('a.skip')), `${address} begins with the skip link`);
}

/** Tab until it has the focus, then Enter. */
async function presses(page, selector) {
  await tabsTo(page, selector);
  browser.expect(await focusIsSeen(page), `the focus on ${selector} is seen`);
  await page.keyboard.press('Enter');
}

/** A scanner types wherever the focus is; its field gets every character. */
async function scansFromElsewhere(page) {
  await page.locator(`button[data-policy="${policy}"]`).focus();
  await page.keyboard.type('yong:1:ABC');
  check((await page.inputValue('#code')) === 'yong:1:ABC', 'what a scanner types lands in its field');
}

/** Nothing but the stripe of development keys stands beside a verdict. */
async function fillsTheScreen(page) {
  const verdict = await page.locator('#verdict').boundingBox();
  const stripe = await page.locator('.stripe').boundingBox();
  const { width, height } = page.viewportSize();
  const fills = verdict.x <= 1 && verdict.width >= width - 1
    && verdict.y <= stripe.y + stripe.height + 1 && verdict.y + verdict.height >= height - 1;
  browser.expect(fills, `the verdict fills the screen: ${JSON.stringify({ verdict, stripe, width, height })}`);
}

/** The counter on a screen as narrow as a hand, with targets as large as a thumb. */
async function fits(citizen, { page, look }) {
  await page.goto(counter);
  await fitsTheHand(page, 'counter-home-narrow', look);
  await page.click(`button[data-policy="${policy}"]`);
  await page.waitForSelector('#waiting');
  await fitsTheHand(page, 'counter-waiting-narrow', look);
  await scans(citizen, await shown(page));
  await citizen.page.click('#refuse');
  await page.waitForSelector('#verdict[data-passed=false]');
  await fillsTheScreen(page);
  await fitsTheHand(page, 'counter-failed-narrow', look);
}

async function fitsTheHand(page, name, look) {
  for (const target of await page.locator('main button:visible, main a.button:visible').all()) {
    const { height } = await target.boundingBox();
    browser.expect(height >= THUMB, `a button of ${name} is large enough: ${await target.textContent()}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  browser.expect(wide <= 0, `${name} is not ${wide} pixels too wide`);
  await look(name);
}

async function refuses(citizen, clerk) {
  await scans(citizen, await asks(clerk));
  await decidesInLargePrint(citizen);
  await citizen.page.click('#refuse');
  await clerk.page.waitForSelector('#verdict[data-passed=false]');
  await clerk.look('counter-failed');
  await citizen.page.waitForSelector('#outcome[data-outcome=declined]');
}

/** In large print on a telephone both answers and what guards against a foreign code are on the first screen. */
async function decidesInLargePrint({ page, look }) {
  const [usual, phone] = [page.viewportSize(), { width: 390, height: 844 }];
  const consent = page.url();
  await page.setViewportSize(phone);
  await page.goto(new URL('?size=large', consent).href);
  for (const part of ['#agree', '#refuse', '#below', '#counter', '#match-code', '#match-hint']) {
    const { y, height } = await page.locator(part).boundingBox();
    browser.expect(y >= 0 && y + height <= phone.height, `${part} is on the first screen in large print: it ends at ${y + height}`);
  }
  const bar = await page.locator('.choice').boundingBox();
  const hint = await page.locator('#match-hint').boundingBox();
  browser.expect(hint.y + hint.height <= bar.y, 'the answers cover no safety sentence');
  await look('wallet-consent-large');
  await page.goto(new URL('?size=normal', consent).href);
  await page.setViewportSize(usual);
}

/** The wallet scans what hangs at the counter; the counter scans what the wallet shows; nothing is sent between them. */
async function showsWithoutANetwork(citizen, clerk) {
  await clerk.page.goto(new URL('/codes', counter).href);
  await clerk.look('counter-codes');
  const printed = clerk.page.locator('#offline-code .qr');
  check((await scan(printed)).startsWith('yong-counter:x509_hash:'), 'the printed code names the counter');
  await uploads(citizen, await printed.screenshot());
  await citizen.page.click(`#matters [data-policy="${policy}"]`);
  await citizen.page.waitForSelector('#consent');
  await citizen.look('wallet-offline-consent');
  await citizen.page.click('#agree');
  await citizen.page.waitForSelector('#outcome[data-outcome=shown]');
  await citizen.look('wallet-offline-code');
  const text = await scan(citizen.page.locator('#code'));
  check(text === (await citizen.page.locator('#code').getAttribute('data-text')), 'the code is read off its picture');
  check(text.length <= 400, 'the code has at most 400 characters');
  for (const [passed, name] of [['true', 'counter-offline-passed'], ['false', 'counter-offline-again']]) {
    await clerk.page.goto(counter);
    await clerk.page.fill('#code', text);
    await clerk.page.press('#code', 'Enter');
    await clerk.page.waitForSelector(`#verdict[data-passed=${passed}]`);
    await clerk.look(name);
  }
}

/** A citizen without a phone: the desk prints, the counter opens with the citizen's code. */
async function opensAPaper(clerk) {
  const { page, look } = clerk;
  await finds(page, other);
  await page.click('.paper-form summary');
  await page.click('.paper-form button');
  await page.waitForSelector('#paper');
  await look('desk-paper');
  const paper = await page.locator('#paper').getAttribute('data-paper');
  check((await scan(page.locator('#paper .qr'))) === paper, 'the printed code is the sealed paper');
  const code = (await page.locator('#paper-code').textContent()).trim();
  [told.paper, told.paper_code] = [paper, code];
  await enters(clerk, paper, 'AAAA-AAAA');
  check((await page.locator('#refused').getAttribute('data-word')) === 'wrong-code', 'another code does not open the paper');
  await look('counter-paper');
  // The assistant and the counter learn of the new leaf a moment later.
  const until = Date.now() + 60_000;
  while (!(await enters(clerk, paper, code))) check(Date.now() < until, 'the paper passes');
  await look('counter-paper-passed');
  await page.goto(new URL('/audit', counter).href);
  check(!(await page.textContent('main')).includes(code), 'the audit list does not have the code');
}

/** Has a request answered from a paper; whether it passed. */
async function enters(clerk, paper, code) {
  await asks(clerk);
  await clerk.page.click('#paper');
  await clerk.page.waitForSelector('#paper-form');
  await clerk.page.fill('input#paper', paper);
  await clerk.page.fill('input#paper-code', code);
  await clerk.page.click('#paper-go');
  await clerk.page.waitForSelector('#verdict, #refused');
  return (await clerk.page.locator('#verdict[data-passed=true]').count()) === 1;
}

async function looksBack(citizen, clerk) {
  await citizen.page.goto(new URL('/history', citizen.page.url()).href);
  check((await citizen.page.locator('#events [data-outcome=presented]').count()) === 2, 'the history has both presentations');
  const history = await citizen.page.textContent('main');
  check(!history.includes(person.id) && !history.includes(person.name), 'the history has no values');
  await citizen.look('wallet-history');
  await citizen.page.goto(new URL('/settings', citizen.page.url()).href);
  await citizen.look('wallet-settings');
  await clerk.page.goto(new URL('/receipts', counter).href);
  check((await clerk.page.locator('#receipts [data-passed=true]').count()) >= 1, 'the receipts have it too');
  const receipts = await clerk.page.textContent('main');
  check(!receipts.includes(person.id) && !receipts.includes(person.name), 'no receipt names a person');
  await clerk.look('counter-receipts');
  await clerk.page.goto(new URL('/audit', counter).href);
  await clerk.look('counter-audit');
}

/** What the desk's clerks see besides one person. */
async function looksAround({ page, look }) {
  const open = (path) => page.goto(new URL(path, desk).href);
  await open('/lists');
  await look('desk-lists');
  await page.setInputFiles('#upload input[type=file]', { name: 'night.csv', mimeType: 'text/csv', buffer: Buffer.from(list) });
  await page.click('#upload button');
  await page.waitForSelector('#list[data-state=preview]');
  check((await page.locator('#lines [data-line]').count()) === 1, 'the preview has the line of the list');
  await look('desk-preview');
  for (const path of ['proposals', 'audit']) {
    await open(`/${path}`);
    await look(`desk-${path}`);
  }
}

async function locks({ page, look }) {
  await page.click('#lock');
  await page.waitForSelector('#unlock');
  await look('wallet-unlock');
  await page.fill('#unlock [name=passphrase]', passphrase);
  await page.click('#unlock button');
  await page.waitForSelector('#cards');
}

async function inLargePrint({ page, look }) {
  await page.goto(new URL('/settings?size=large', page.url()).href);
  await page.goto(new URL('/', page.url()).href);
  await look('wallet-home-large');
}

/** Three pages for those who read English, who like the dark, and who need large print. */
async function inOtherLooks() {
  const places = [['counter-home', counter], ['desk-home', desk], ['public-policy', new URL(`/policies/${policy}`, ledger).href]];
  for (const [name, options, query, holds] of LOOKS) {
    const { page, context, look } = await browser.visitor(options);
    for (const [place, address] of places) {
      await page.goto(new URL(query, address).href);
      check(await page.evaluate(holds), `${place} is ${name}`);
      await look(`${place}-${name}`);
    }
    await context.close();
  }
}
