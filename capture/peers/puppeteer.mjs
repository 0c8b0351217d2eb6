// Photographs each address of the command line's third argument, a JSON list of
// {url, file}, as Puppeteer's own example does, four at a time, and prints how
// many milliseconds all of them took, as JSON.
import puppeteer from 'puppeteer-core';
const [executablePath, waitUntil, list] = process.argv.slice(2);
const browser = await puppeteer.launch({executablePath, args: process.getuid() === 0 ? ['--no-sandbox'] : [], defaultViewport: {width: 1280, height: 800}});
const todo = JSON.parse(list);
const failed = {};
const began = performance.now();
await Promise.all([0, 1, 2, 3].map(async () => {
  for (let next = todo.shift(); next; next = todo.shift()) {
    const context = await browser.createBrowserContext();
    try {
      const page = await context.newPage();
      await page.goto(next.url, {waitUntil, timeout: 30000});
      await page.screenshot({path: next.file, fullPage: true});
    } catch (e) {
      failed[next.url] = String(e);
    }
    await context.close();
  }
}));
console.log(JSON.stringify({ms: performance.now() - began, failed}));
await browser.close();
