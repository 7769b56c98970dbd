/* The program itself, with the sample shop and one hostile product in a database of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostile, shopFolder } from './mock_shop.mjs';

const files = (folder) => readdirSync(join(shopFolder, folder)).sort().map((f) => join(shopFolder, folder, f));

/** @param origin of another site whose pages may use the API */
export async function startReal(program, origin) {
  const folder = mkdtempSync(join(tmpdir(), 'daogou-web-'));
  const db = join(folder, 'shop.db');
  const run = (...args) => execFileSync(program, ['--db', db, '--quiet', ...args], { encoding: 'utf8' });
  const odd = join(folder, 'hostile.jsonl');
  writeFileSync(odd, `${JSON.stringify({ id: 'XX-1', title: `怪异水壶 ${hostile}`, brand: hostile, category: '其他 > 怪异水壶', price: '9.00', currency: 'CNY', stock: 1, description: hostile, attributes: { 材质: hostile } })}\n`);
  run('import', ...files('products'), odd);
  run('pictures', 'import', join(shopFolder, 'pictures'));
  run('promotions', 'import', join(shopFolder, 'promotions.json'));
  run('documents', 'import', ...files('documents'));
  const key = /dg_[\w-]+/.exec(run('keys', 'add', '--scope', 'admin', '--label', 'web tests'))[0];
  const child = spawn(program, ['--db', db, '--json', 'serve', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--title', '禾屿商店', '--no-access-log', '--rate', '0', '--allow-origin', origin], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { port, admin_port: admin } = await new Promise((resolve, reject) => {
    child.stdout.once('data', (d) => resolve(JSON.parse(d.toString())));
    child.once('exit', (code) => reject(new Error(`daogou serve ended with ${code}`)));
  });
  return { port, admin, key, close: () => new Promise((resolve) => { child.once('exit', () => { rmSync(folder, { recursive: true, force: true }); resolve(); }); child.kill('SIGTERM'); }) };
}
