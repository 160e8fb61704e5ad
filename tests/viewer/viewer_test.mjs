// The page in a browser.   viewer_test.mjs FOLDER [PART OF A NAME]; FOLDER is what viewer_pages wrote.

import { readFileSync, statSync } from "node:fs";
import { equal, near, open, run, test, truth } from "./harness.mjs";

const [folder, wanted = ""] = process.argv.slice(2);
const tape = JSON.parse(readFileSync(`${folder}/tape.json`, "utf8"));
const trace = JSON.parse(readFileSync(`${folder}/vae.json`, "utf8"));

// What a reader of the page sees ----------------------------------------------------------------

const node = (page, index) => page.locator(".row.node").filter({ has: page.locator(`.number:text-is("${index}")`) });
const group = (page, name) => page.locator(".row.group").filter({ has: page.locator(`.module:text-is("${name}")`) });
const mark = (page, index) => node(page, index).locator(".mark").getAttribute("class");
const measure = (page, index) => node(page, index).locator(".measure.a").textContent();
const heading = (page) => page.locator(".panel h2").textContent();
const section = (page, title) => page.locator(".panel section").filter({ has: page.locator(`h3:text-is("${title}")`) });
const numberOfNode = (op) => tape.findIndex((n) => n.op === op);

/** Rows are drawn in the next frame. */
function drawn(page) {
  return page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
  }));
}

async function slide(page, position) {
  await page.locator("#slider").fill(String(position));
  await drawn(page);
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
  await drawn(page);
}

async function click(locator) {
  await locator.click();
  await drawn(locator.page());
}

/** {min, mean, max, norm} as the panel shows them, or the one number. */
async function statistics(page, title) {
  const cells = section(page, title).locator("[data-statistic]");
  return Object.fromEntries(await cells.evaluateAll((all) =>
    all.map((c) => [c.dataset.statistic, c.textContent])));
}

async function find(page, text) {
  await press(page, "Escape", "/");
  await page.keyboard.type(text);
  await press(page, "Enter");
}

// One training step of mnist_vae ----------------------------------------------------------------

test("the file of a training step is smaller than 5 MB", async () => {
  truth(statSync(`${folder}/vae.html`).size < 5e6, "vae.html is too large");
});

test("the page opens with every node of the tape, in its order", async () => {
  const page = await open("vae.html", { viewport: { width: 1400, height: 1600 } });
  const numbers = await page.locator(".row.node").evaluateAll((rows) =>
    rows.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map((r) => Number(r.querySelector(".number").textContent)));
  equal(numbers, tape.map((_, i) => i));
  equal(await page.locator("#title").textContent(), "mnist_vae, step 1");
});

test("the numbers of the page are those of the tape", async () => {
  const page = await open("vae.html");
  for (let i = 0; i < tape.length; i++) {
    await page.evaluate((hash) => { location.hash = hash; }, `#${i}`);
    await page.locator(".node-heading .kind").filter({ hasText: new RegExp(`^node ${i}\\b`) }).waitFor();
    for (const [title, expected] of [["Value", tape[i].value], ["Gradient", tape[i].gradient]]) {
      const shown = await statistics(page, title);
      equal(Object.keys(shown).length > 0, expected !== null, `node ${i}: ${title} is there`);
      if (!expected) continue;
      if ("number" in shown) near(shown.number, expected.mean, `node ${i} ${title}`);
      else for (const k of ["min", "mean", "max", "norm"]) near(shown[k], expected[k], `node ${i} ${title} ${k}`);
    }
    if (tape[i].gradient) near(await measure(page, i), tape[i].gradient.norm, `node ${i} in the list`);
  }
});

test("at the start only the loss has a gradient; none is not shown as 0", async () => {
  const page = await open("vae.html", { viewport: { width: 1400, height: 1600 } });
  await click(page.locator("#first"));
  for (let i = 0; i < tape.length; i++) {
    equal(await measure(page, i), i === trace.root ? "1" : "", `node ${i}`);
  }
  await click(node(page, 1));
  truth((await page.locator(".panel .state").textContent()).startsWith("No gradient yet."), "node 1 has none yet");
  equal(await section(page, "Gradient").count(), 0, "a gradient in the panel");
  equal(await mark(page, 1), "mark none");
});

test("a gradient that is partial shows the sum so far", async () => {
  const page = await open("vae.html");
  const index = trace.nodes.findIndex((n) => n.contributions?.length === 2);
  const [first, second] = trace.nodes[index].contributions;
  await slide(page, trace.order.indexOf(first[0]) + 1);
  equal(await mark(page, index), "mark partial");
  near(await measure(page, index), first[3], "the sum so far");
  await slide(page, trace.order.indexOf(second[0]) + 1);
  equal(await mark(page, index), "mark complete");
  near(await measure(page, index), second[3], "the whole");
});

test("the reverse pass plays to its end", async () => {
  const page = await open("vae.html");
  await click(page.locator("#play"));  // slowly, so that a busy machine still sees it begin
  truth(Number(await page.locator("#slider").inputValue()) < trace.order.length, "it begins anew");
  equal(await page.locator("#play").getAttribute("aria-label"), "Pause");
  await page.locator("#speed").selectOption("60");
  await page.waitForFunction((end) => document.getElementById("slider").value === String(end), trace.order.length);
  equal(await page.locator("#play").getAttribute("aria-label"), "Play");
  equal(await page.locator("#position").textContent(), `all ${trace.order.length} steps done`);
  near(await measure(page, 1), tape[1].gradient.norm, "node 1 in the end");
});

test("steps forth and back mark the node at work", async () => {
  const page = await open("vae.html");
  await click(page.locator("#first"));
  await press(page, "ArrowRight", "ArrowRight", "ArrowLeft");
  const at = trace.order[1];
  const text = await page.locator("#position").textContent();
  truth(text.startsWith(`step 2 of ${trace.order.length}: ${at} `), `the position says "${text}"`);
  equal(await page.locator(".row.current .number").textContent(), String(at));
  truth(await page.locator(".arc.sending").count() > 0, "arcs to its operands");
});

test("modules fold, one or all", async () => {
  const page = await open("vae.html");
  const encoder = group(page, "encoder"), before = await page.locator(".row.node").count();
  equal(await encoder.getAttribute("aria-expanded"), "true");
  await click(encoder);
  equal(await encoder.getAttribute("aria-expanded"), "false");
  equal(await node(page, 1).count(), 0, "a row inside");
  const largest = await encoder.locator(".measure").textContent();
  truth(largest.startsWith("≤ "), "a folded module tells the largest gradient");
  await click(encoder);
  equal(await page.locator(".row.node").count(), before);
  await press(page, "f");
  await page.locator('.row[aria-expanded="true"]').first().waitFor({ state: "detached" });
  equal(await page.locator("#fold").textContent(), "Unfold all");
  await press(page, "f");
  await node(page, 1).waitFor();
});

test("a node is found by its op", async () => {
  const page = await open("vae.html");
  await find(page, "op:exp");
  equal(await heading(page), "exp");
  equal(await page.locator("#found").textContent(), "1 of 1");
  await press(page, "Escape");
  equal(await page.locator("#search").inputValue(), "");
});

test("a node is found by its source line, also inside a folded module", async () => {
  const page = await open("vae.html");
  const line = tape[numberOfNode("exp")].line;
  await press(page, "f");
  await find(page, `line:${line}`);
  const indices = tape.flatMap((n, i) => (n.line === line ? [i] : []));
  truth((await page.locator("#found").textContent()).startsWith("1 of "), "it is found");
  // Search also finds nodes of modules that the line calls; the op's own nodes are among them.
  const seen = new Set();
  for (let k = 0; k < tape.length; k++) {
    seen.add(Number(/^node (\d+)/.exec(await page.locator(".node-heading .kind").textContent())[1]));
    await press(page, "Enter");
  }
  for (const index of indices) truth(seen.has(index), `node ${index} of ${line} was found`);
  truth(seen.size < tape.length, "not every node fits");
});

test("a node is found by module, label and parameter", async () => {
  const page = await open("vae.html");
  await find(page, "in:decoder.out op:linear");
  equal(await heading(page), "linear");
  truth((await page.locator(".node-heading .kind").textContent()).endsWith("in decoder.out"), "its module");
  await find(page, "label:loss");
  truth((await heading(page)).endsWith("loss"), "the loss");
  await find(page, "param:encoder.loc.weight");
  equal(await heading(page), "encoder.loc.weight");
  await page.locator("#search").fill("no such thing");
  equal(await page.locator("#found").textContent(), "none");
});

test("the panel shows formula, operands, lines and pictures", async () => {
  const page = await open("vae.html", { hash: `#${numberOfNode("exp")}` });
  const panel = page.locator(".panel");
  equal(await panel.locator(".formulas code").allTextContents(), ["y = exp(x)", "dx += dy * y"]);
  equal(await section(page, "Recorded at").locator(".place").textContent(), tape[numberOfNode("exp")].line);
  truth((await section(page, "Recorded at").locator(".here").textContent()).includes("exp("), "the line itself");
  const caller = await section(page, "In the module called from").locator(".place").textContent();
  truth(caller.includes(".hpp:"), "the caller's line");
  truth(await panel.locator(".histogram rect").count() > 5, "a histogram");
  const colours = await panel.locator(".heat-map").first().evaluate((c) =>
    new Set(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).size);
  truth(colours > 10, "a heat map with more than one colour");
});

test("a tensor of equal elements is told in a sentence, not in pictures", async () => {
  const page = await open("vae.html", { hash: `#${numberOfNode("normal_kl_standard")}` });
  const gradient = section(page, "Gradient");
  truth((await gradient.textContent()).includes("all 128 are 0.007812"), "the sentence");
  equal(await gradient.locator(".chart").count(), 0);
  equal(await section(page, "Value").locator(".chart").count(), 2);
});

test("who sent what leads there", async () => {
  const page = await open("vae.html", { hash: `#${numberOfNode("exp")}` });
  const row = page.locator(".panel section").filter({ hasText: "Gradient, summed from" }).locator("tr").nth(1);
  const sender = await row.locator("button").textContent();
  await click(row.locator("button"));
  equal((await page.locator(".row.selected .number").textContent()), sender.split(" ")[0]);
});

test("keys walk through the rows and open help", async () => {
  const page = await open("vae.html");
  await press(page, "Home");
  equal(await page.locator(".row.selected .module").textContent(), "encoder");
  await press(page, "ArrowDown", "ArrowDown");
  equal(await page.locator(".row.selected .number").textContent(), "0");
  await press(page, "End");
  equal(await page.locator(".row.selected .number").textContent(), String(tape.length - 1));
  const active = await page.locator("#list").getAttribute("aria-activedescendant");
  equal(await page.locator(`#${active}`).getAttribute("aria-selected"), "true");
  await press(page, "Escape");
  equal(await page.locator(".row.selected").count(), 0);
  await press(page, "?");
  truth(await page.locator("#help").isVisible(), "help");
  await press(page, "Escape");
  truth(!await page.locator("#help").isVisible(), "help is closed");
  await press(page, "Space");
  equal(await page.locator("#play").getAttribute("aria-label"), "Pause");
  await press(page, "Space");
  equal(await page.locator("#play").getAttribute("aria-label"), "Play");
});

test("buttons, fields and pictures have names for those who cannot see them", async () => {
  const page = await open("vae.html", { hash: "#3" });
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, select, [role=img]")]
    .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length))
    .map((e) => e.outerHTML));
  equal(nameless, []);
  equal(await page.locator("#list").getAttribute("role"), "tree");
});

test("the page follows the system into the dark", async () => {
  const back = async (colorScheme) => {
    const page = await open("vae.html", { colorScheme });
    return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  };
  const brightness = (rgb) => rgb.match(/\d+/g).slice(0, 3).reduce((sum, v) => sum + Number(v), 0);
  truth(brightness(await back("light")) > 600, "light");
  truth(brightness(await back("dark")) < 150, "dark");
});

test("on a phone the panel is a sheet that comes with a tap and goes", async () => {
  const page = await open("vae.html", { viewport: { width: 390, height: 800 }, hasTouch: true });
  truth(!await page.locator("#panel").isVisible(), "no panel at first");
  await node(page, 3).tap();
  await page.locator(".panel h2").waitFor();
  const [panel, row] = [await page.locator("#panel").boundingBox(), await page.locator(".row.selected").boundingBox()];
  truth(panel.width === 390 && row.y < 800, "as wide as the page");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  truth(wide <= 390, `nothing sticks out to the side: ${wide}`);
  await page.locator(".panel .close").tap();
  await page.locator("#panel").waitFor({ state: "hidden" });
});

// Other pages -------------------------------------------------------------------------------------

test("a gradient that is not finite is announced, ringed and one key away", async () => {
  const page = await open("nan.html");
  equal(await page.locator("#alarm").textContent(), "not finite from 1 sqrt");
  await click(page.locator("#alarm"));
  truth((await heading(page)).startsWith("sqrt"), "first where it was born");
  await click(page.locator("#alarm"));
  equal(await heading(page), "w");
  equal(await measure(page, 0), "not finite");
  equal(await node(page, 0).locator(".mark .broken").count(), 1);
  const state = await page.locator(".panel .state").textContent();
  truth(state.includes("2 of 6 not finite, first [0,1]"), "how many and where");
  equal(await section(page, "Gradient from").locator("td.broken").textContent(), "2 not finite");
});

test("a wrong gradient is announced, and its node says what is wrong and what it was told", async () => {
  const page = await open("wrong.html");
  equal(await page.locator("#alarm").textContent(), "wrong gradient: 2 copy");
  await click(page.locator("#alarm"));
  equal(await heading(page), "copy");
  truth((await page.locator(".verdict").textContent()).includes("back_copy: wrong gradient of x"), "the verdict");
  await find(page, "with:axis=0");
  truth((await heading(page)).startsWith("softmax"), "found by its attribute");
});

test("calls of one module are groups of their own, gathered", async () => {
  const page = await open("calls.html");
  equal(await page.locator(".row.group").first().locator(".times").textContent(), "× 200");
});

test("two steps are compared node by node", async () => {
  const page = await open("steps.html", { hash: "#1" });
  equal(await page.locator("#title").textContent(), "mnist_vae, step 1 → mnist_vae, step 2");
  const rows = await section(page, "Value").locator("table tr").evaluateAll((all) =>
    all.slice(1).map((r) => [...r.querySelectorAll("td")].map((c) => c.textContent)));
  equal(rows.length, 2);
  near(rows[0][3], tape[1].value.norm, "before");
  truth(rows[0].join() !== rows[1].join(), "Adam changed the weight");
  truth(Number(await node(page, 1).locator(".measure.a").textContent()) > 0, "change of the value");
  truth(Number(await node(page, 1).locator(".measure.b").textContent()) > 0, "change of the gradient");
});

test("a tape of ten thousand nodes has few elements at any time, and its blocks are gathered", async () => {
  const began = Date.now();
  const page = await open("large.html");
  const opened = Date.now() - began;
  const blocks = page.locator(".row.group").first();
  equal(await blocks.locator(".times").textContent(), "× 714");
  await click(blocks);
  await press(page, "End");
  await page.locator(".row.node").filter({ hasText: "loss" }).waitFor();
  await page.locator("#list").evaluate((list) => { list.scrollTop = list.scrollHeight / 2; });
  await page.locator(".row.group").filter({ hasText: "blocks.35" }).first().waitFor();
  truth(await page.locator(".row").count() < 120, "rows that nobody sees are no elements");
  await click(page.locator("#first"));
  const before = Date.now();
  await press(page, "ArrowRight");
  await page.locator("#position").filter({ hasText: "step 2 of" }).waitFor();
  console.log(`    large.html: open after ${opened} ms, a step takes ${Date.now() - before} ms`);
});

process.exit(await run(folder, wanted));
