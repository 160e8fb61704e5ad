// Makes the pictures of the page anew.   pictures.mjs FOLDER OUT; FOLDER is what viewer_pages wrote.
//
//   CHROMIUM=/usr/bin/chromium PLAYWRIGHT=FOLDER node tests/viewer/pictures.mjs FOLDER docs/pictures

import { close, launch, open } from "./harness.mjs";

const [folder, out] = process.argv.slice(2);

async function picture(file, options, position, scroll = 0) {
  const page = await open("vae.html", options);
  await page.locator("#slider").fill(String(position));
  await page.locator("#slider").blur();
  await page.locator("#panel").evaluate((panel, top) => { panel.scrollTop = top; }, scroll);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${out}/${file}.png` });
}

await launch(folder);
await picture("viewer_light", { hash: "#12" }, 9);
await picture("viewer_dark", { hash: "#6", colorScheme: "dark" }, 13, 240);
const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, deviceScaleFactor: 2 };
await picture("viewer_phone", { hash: "#12", ...phone }, 9);
await close();
