// Looks at pages in Chromium. On stdin: {"chromium": PATH, "pages": {NAME: FILE}, "screenshots": FOLDER or null}.
// On stdout a JSON array: for each page, colour scheme and width, everything that is wrong with it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCHEMES = ["light", "dark"];
const WIDTHS = [1280, 390];

const asked = JSON.parse(readFileSync(0, "utf8"));
// In a container there is no sandbox of the kernel, and pages are our own.
const browser = await puppeteer.launch({ executablePath: asked.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const looks = [];
try {
  for (const [name, file] of Object.entries(asked.pages)) {
    for (const scheme of SCHEMES) {
      for (const width of WIDTHS) {
        looks.push({ name, scheme, width, ...(await look(name, file, scheme, width)) });
      }
    }
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(looks));

async function look(name, file, scheme, width) {
  const page = await browser.newPage();
  const errors = [];
  const requests = [];
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  const height = width < 600 ? 844 : 900;
  await page.setViewport({ width, height, isMobile: width < 600, deviceScaleFactor: width < 600 ? 2 : 1 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(pathToFileURL(file).href);
  const opened = requests.length;
  if (asked.screenshots) await page.screenshot({ path: join(asked.screenshots, `${name}-${scheme}-${width}.png`) });
  const folded = await widest(page);
  const details = await page.$$eval("details", (found) => found.map((one) => (one.open = true)).length);
  const unfolded = await widest(page);
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const found = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
  });
  if (asked.screenshots) {
    const clip = { x: 0, y: 0, width, height: Math.min(await page.evaluate(() => document.body.scrollHeight), 8000) };
    await page.screenshot({ path: join(asked.screenshots, `${name}-${scheme}-${width}-open.png`), clip, captureBeyondViewport: true });
  }
  await page.close();
  return { errors, requests: requests.slice(0, opened), violations, overflow: Math.max(folded, unfolded) - width, details };
}

// The width that the page needs: more than the window's makes it scroll to the side.
async function widest(page) {
  return page.evaluate(() => document.documentElement.scrollWidth);
}
