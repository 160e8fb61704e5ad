// A tiny test harness, and a browser that notes what a page asks for and complains of.

import { createRequire } from "node:module";
import { getuid } from "node:process";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(`${process.env.PLAYWRIGHT}/`)("playwright-core");

const tests = [];
export function test(name, body) { tests.push({ name, body }); }

let browser, folder;
const opened = [];

/** Starts the browser for the pages of a folder. */
export async function launch(pages) {
  folder = pages;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    // Root has no sandbox; the rest keeps the browser from looking for its makers' servers.
    args: [...(getuid() === 0 ? ["--no-sandbox"] : []), "--disable-gpu", "--disable-quic",
      "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync"],
  });
}

export async function close() { await browser.close(); }

/** Opens a page in a fresh context, and waits for what `ready` selects. `page.complaints` are console errors and outside requests. */
export async function open(name, { hash = "", ready = "[role=treeitem]", ...options } = {}) {
  const viewport = { width: 1400, height: 880 };
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(`${folder}/${name}`).href;
  page.complaints = [];
  const complain = (text) => page.complaints.push(text);
  page.on("console", (m) => { if (m.type() !== "log") complain(`console: ${m.text()}`); });
  page.on("pageerror", (e) => complain(`error: ${e.message}`));
  page.on("request", (r) => { if (r.url().split("#")[0] !== url && !r.url().startsWith("data:")) complain(`request: ${r.url()}`); });
  await page.goto(`${url}${hash}`);
  await page.locator(ready).first().waitFor();
  opened.push(page);
  return page;
}

export function equal(got, expected, what = "") {
  const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what ? `${what}: ` : ""}got ${a}, expected ${b}`);
}

export function truth(ok, what) { if (!ok) throw new Error(what); }

/** Numbers of the page have four digits. */
export function near(text, expected, what) {
  const got = Number(text);
  const scale = Math.max(Math.abs(expected), 1e-30);
  truth(text !== "" && Math.abs(got - expected) <= 6e-4 * scale,
    `${what}: the page says "${text}", the tape ${expected}`);
}

export async function run(pages, wanted) {
  await launch(pages);
  let passed = 0, failed = 0;
  for (const { name, body } of tests) {
    if (!name.includes(wanted)) continue;
    try {
      await body();
      for (const page of opened) equal(page.complaints, [], "what the page asked for and complained of");
      console.log(`ok - ${name}`);
      passed++;
    } catch (error) {
      console.log(`not ok - ${name}\n    ${error.stack}`);
      failed++;
    }
    for (const page of opened.splice(0)) await page.context().close();
  }
  await close();
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}
