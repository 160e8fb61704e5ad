// The page of several runs in a browser.   compare_test.mjs FOLDER [PART OF A NAME]; FOLDER is what pages.py wrote.

import { readFileSync } from "node:fs";
import { equal, open, run, test, truth } from "../viewer/harness.mjs";

const [folder, wanted = ""] = process.argv.slice(2);
const show = (name, options = {}) => open(`${name}.html`, { ready: "#runs", ...options });
const rows = (page, id) => page.locator(`#${id} tr`).evaluateAll((all) =>
  all.map((tr) => [...tr.children].map((cell) => cell.textContent)));
const titles = (page) => page.locator(".plot h3").allTextContents();

test("the page asks for nothing and names no other file", async () => {
  const text = readFileSync(`${folder}/three.html`, "utf8");
  for (const word of ["<link", " src=\"http", "import ", "fetch(", "url(http"]) truth(!text.includes(word), `the page has ${word}`);
});

test("the table has a row a run, and the best bound is marked", async () => {
  const page = await show("three");
  const table = await rows(page, "runs");
  equal(table.map((row) => row[0]), ["run", "wide", "narrow", "heavy"]);
  equal(table[1].slice(3, 8), ["10/10", "100.67", "75.67", "25.00", "-94.00 ± 0.50"]);
  equal(table[3].at(-1), "collapse");
  equal(table[1].at(-1), "nothing found");
  equal(await page.locator("td.best").allTextContents(), ["100.67"]);
});

test("only settings that differ are listed", async () => {
  const page = await show("three");
  equal(await rows(page, "settings"), [["", "wide", "narrow", "heavy"], ["--hidden", "400", "100", "400"], ["--beta", "1.0", "1.0", "20.0"],
    ["--lr", "0.001", "0.003", "0.001"]]);
});

test("what is wrong is said, as text", async () => {
  const page = await show("three");
  const text = await page.locator(".finding").textContent();
  equal(text, "collapse: the KL is 0.02 nats. Try: --kl-warmup 5 <b>or</b> a smaller --beta.");
});

test("runs that cannot be compared are marked, and none is the best", async () => {
  const page = await show("other");
  const notes = await page.locator(".note").allTextContents();
  equal(notes.length, 2);
  truth(notes.some((note) => note.includes("(--decoder)")) && notes.some((note) => note.includes("(--binarize)")), notes.join());
  equal(await page.locator("td.best").count(), 0);
});

test("curves are there for what the runs have", async () => {
  equal(await titles(await show("three")), ["-ELBO", "Reconstruction", "KL", "Active latents", "Mutual information", "Gradient", "KL of each latent"]);
  equal(await titles(await show("single")), ["-ELBO", "Reconstruction", "KL", "Active latents"]);
});

test("a curve ends where its numbers do, and the axis agrees", async () => {
  const page = await show("three");
  const plot = page.locator('.plot[data-title="-ELBO"]');
  equal(await plot.locator("path.test").count(), 3);
  equal(await plot.locator("path.train").count(), 3);
  const [ends, y] = await plot.evaluate((box) => {
    const ends = [...box.querySelectorAll("path.test")].map((p) => Number(p.getAttribute("d").split(" ").at(-1)));
    const labels = [...box.querySelectorAll("text[text-anchor=end]")].map((t) => [Number(t.textContent), Number(t.getAttribute("y")) - 4]);
    return [ends, labels];
  });
  const [[v0, y0], [v1, y1]] = [y[0], y.at(-1)];
  const value = (at) => v0 + (at - y0) / (y1 - y0) * (v1 - v0);
  [100.67, 110.67, 190.67].forEach((expected, i) => truth(Math.abs(value(ends[i]) - expected) < 0.5, `${value(ends[i])} for ${expected}`));
});

test("the pointer reads off an epoch of every run", async () => {
  const page = await show("three");
  const svg = page.locator('.plot[data-title="KL"] svg');
  await svg.scrollIntoViewIfNeeded();
  const box = await svg.boundingBox();
  await page.mouse.move(box.x + box.width * 0.97, box.y + box.height / 2);
  const tip = page.locator('.plot[data-title="KL"] .tip');
  equal(await tip.locator("div").allTextContents(), ["epoch 10", "wide  25", "narrow  25", "heavy  25"]);
  equal(await tip.evaluate((t) => t.style.visibility), "visible");
});

test("a run is taken out of all curves by its box", async () => {
  const page = await show("three");
  await page.locator(".keys label").nth(1).click();
  equal(await page.locator('.plot[data-title="-ELBO"] path.test').count(), 2);
  await page.locator(".keys label").nth(1).click();
  equal(await page.locator('.plot[data-title="-ELBO"] path.test').count(), 3);
});

test("pictures stand side by side and are whole", async () => {
  const page = await show("three");
  equal(await page.locator("figure").count(), 6);
  equal(await page.locator("img").evaluateAll((all) => all.map((i) => [i.naturalWidth, i.naturalHeight])), Array(6).fill([90, 60]));
  equal(await page.locator("img").first().getAttribute("alt"), "reconstructions of wide");
});

test("a name is text, whatever is in it, and folders of one name are told apart", async () => {
  const page = await show("odd");
  equal((await rows(page, "runs")).map((row) => row[0]).slice(1), ["<b>&name", "wide", "else/wide"]);
});

test("one run and eight have a page, also on a telephone and in the dark", async () => {
  for (const options of [{}, { viewport: { width: 390, height: 800 } }, { colorScheme: "dark" }]) {
    for (const name of ["single", "eight"]) {
      const page = await show(name, options);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      truth(overflow <= 0, `${name} is ${overflow} pixels too wide`);
    }
  }
});

process.exit(await run(folder, wanted));
