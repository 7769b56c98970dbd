/* Records what the program says, for the mock server: tests/recorded.jsonl. usage: node record.mjs PROGRAM DATABASE (of the sample shop; a copy is used) */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const talks = [
  ['想买个双肩包', '鞋靴箱包'],
  ['想买个双肩包，500以内，不要黑色', '灰色', '比较前两个', '第一个有防水吗', '第一个加入购物车', '什么时候发货', '退货的运费谁出？', '想看看奶瓶', '三百以内、两个人用的轻便帐篷', '滑雪板有吗', '转人工'],
  ['backpack', 'Shoes & Bags'],
  ['a backpack under 500 yuan, not black', 'grey', 'compare the first two', 'is the first one waterproof?', 'put the first one in my cart', 'put the second one in my cart', "I'd like to see bottles", 'a light two-person tent under 300'],
];
const [program, database] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'daogou-record-'));
const lines = talks.flatMap((said, i) => {
  const db = join(folder, `${i}.db`);
  copyFileSync(database, db);
  const out = execFileSync(program, ['--db', db, '--json', '--quiet', 'chat', '--why', '--id', 'r'], { input: `${said.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 26 });
  return out.trim().split('\n').map((line, turn) => {
    const { state, dialogue, ...reply } = JSON.parse(line);
    if (reply.why) delete reply.why.understood;
    for (const need of (reply.why || {}).needs || []) delete need.questions;
    return JSON.stringify({ said: said[turn], topics: state.topics, current: state.current, reply });
  });
});
writeFileSync(join(dirname(fileURLToPath(import.meta.url)), 'recorded.jsonl'), `${lines.join('\n')}\n`);
rmSync(folder, { recursive: true });
