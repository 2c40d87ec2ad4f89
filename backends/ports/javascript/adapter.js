// The port as a process: one JSON request per line on stdin, one reply per line on stdout.
import readline from 'node:readline';

import { Adapter } from './protocol.js';

const adapter = new Adapter();
readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => {
  process.stdout.write(JSON.stringify(adapter.answer(JSON.parse(line))) + '\n');
});
