// Makes the pictures of the page anew.   pictures.mjs FOLDER OUT; FOLDER is what viewer_pages wrote, and has the
// tape.html of three examples as wrong_broadcast.html, detached_sample.html and masked_nan.html.
//
//   CHROMIUM=/usr/bin/chromium PLAYWRIGHT=FOLDER node tests/viewer/pictures.mjs FOLDER docs/pictures

import { close, launch, open } from "./harness.mjs";

const [folder, out] = process.argv.slice(2);

async function picture(file, html, options, position, scroll = 0) {
  const page = await open(html, options);
  await page.locator("#slider").fill(String(position));
  await page.locator("#slider").blur();
  await page.locator("#panel").evaluate((panel, top) => { panel.scrollTop = top; }, scroll);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${out}/${file}.png` });
}

await launch(folder);
await picture("viewer_light", "vae.html", { hash: "#12" }, 9);
await picture("viewer_dark", "vae.html", { hash: "#6", colorScheme: "dark" }, 13, 240);
const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, deviceScaleFactor: 2 };
await picture("viewer_phone", "vae.html", { hash: "#12", ...phone }, 9);
const low = (height) => ({ viewport: { width: 1400, height } });
await picture("tape_wrong_broadcast", "wrong_broadcast.html", { hash: "#4", ...low(470) }, 3);
await picture("tape_detached_sample", "detached_sample.html", { hash: "#13", ...low(800) }, 6);
await picture("tape_masked_nan", "masked_nan.html", { hash: "#4", ...low(520) }, 9);
await close();
