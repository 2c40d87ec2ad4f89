// Prints how many cases each file of fixtures has, read by JSON.parse, and why a file is refused.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function count(text) {
  const data = JSON.parse(text);
  if (data.files) return Object.values(data.files).reduce((sum, file) => sum + Object.keys(file.cases).length, 0);
  const cases = data.cases ?? data.recordings;
  return cases ? Object.keys(cases).length : 1;
}

for (const name of process.argv.slice(2)) {
  try {
    const text = utf8.decode(fs.readFileSync(name));
    const documents = name.endsWith(".jsonl") ? text.replace(/\n$/, "").split("\n") : [text];
    console.log(`${path.basename(name)} ${documents.reduce((sum, document) => sum + count(document), 0)}`);
  } catch (error) {
    console.log(`${path.basename(name)} refused: ${error.message.replaceAll("\n", " ")}`);
  }
}
