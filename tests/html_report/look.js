// Looks at pages in Chromium. On stdin: {"chromium": PATH, "screenshots": FOLDER or null, "looks": [{"name": NAME,
// "file": PATH, "scheme": "light" or "dark", "width": PIXELS}]}. On stdout a JSON array: everything that is wrong in each.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const asked = JSON.parse(readFileSync(0, "utf8"));
// In a container there is no sandbox of the kernel, and pages are our own.
const args = ["--no-sandbox", "--disable-dev-shm-usage"];
const browser = await puppeteer.launch({ executablePath: asked.chromium, args });
const looks = [];
try {
  for (const { name, file, scheme, width } of asked.looks) {
    looks.push({ name, scheme, width, ...(await look(name, file, scheme, width)) });
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
  const isPhone = width < 600;
  await page.setViewport({ width, height: isPhone ? 844 : 900, isMobile: isPhone, deviceScaleFactor: isPhone ? 2 : 1 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(pathToFileURL(file).href);
  const picture = asked.screenshots && join(asked.screenshots, `${name}-${scheme}-${width}`);
  if (picture) await page.screenshot({ path: `${picture}.png` });
  const found = {
    errors,
    requests,
    background: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
    dead_links: await page.evaluate(deadLinks),
    first_focus: await firstFocus(page),
    is_led_to_case: await isLedToCase(page),
  };
  if (picture) await page.screenshot({ path: `${picture}-case.png` });
  const folded = await page.evaluate(widest);
  await page.emulateMediaType("print");
  found.not_printed = await page.evaluate(notPrinted);
  await page.emulateMediaType("screen");
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  found.overflow = Math.max(folded, await page.evaluate(widest)) - width;
  await page.evaluate(AXE);
  found.cut_off = await page.evaluate(cutOff);
  found.violations = await page.evaluate(violations);
  await page.close();
  return found;
}

function widest() {
  return document.documentElement.scrollWidth;
}

function cutOff() {
  return [...document.querySelectorAll("svg text")].filter((text) => {
    const [inner, outer] = [text, text.ownerSVGElement].map((part) => part.getBoundingClientRect());
    return inner.left < outer.left || inner.right > outer.right || inner.bottom > outer.bottom;
  }).map((text) => text.textContent);
}

function deadLinks() {
  const targets = [...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute("href").slice(1));
  return targets.filter((target) => !document.getElementById(target));
}

function notPrinted() {
  return [...document.querySelectorAll("details > :not(summary)")].filter((part) => !part.checkVisibility()).length;
}

async function violations() {
  const found = await globalThis.axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
}

async function firstFocus(page) {
  await page.keyboard.press("Tab");
  return page.evaluate(() => document.activeElement.textContent);
}

async function isLedToCase(page) {
  const link = await page.$(".matrix td a");
  if (!link) return null;
  await link.focus();
  await page.keyboard.press("Enter");
  return page.evaluate(async () => {
    await new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)));
    const shown = document.querySelector("article.case:target h4")?.getBoundingClientRect();
    return shown !== undefined && shown.top >= 0 && shown.bottom <= innerHeight;
  });
}
