/* Draws a small picture of each product of the sample shop, in the colour of its record: examples/shop/pictures/ID.svg. The drawings are
 * our own, made of a few shapes each. The same records give the same files. usage: node scripts/pictures/draw.mjs [--check] */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { E, paintsOf } from './pen.mjs';
import { goods } from './goods.mjs';
import { home } from './home.mjs';
import { wear } from './wear.mjs';

const shapes = { ...goods, ...home, ...wear };

/* Sub category -> shape and the colour where the record names none. Words of the title choose among several: first match wins. */
const kinds = {
  'Air Purifiers': 'purifier', Humidifiers: 'humidifier', Vacuums: 'vacuum', 'Rice Cookers': 'ricecooker', 'Hair Dryers': 'dryer', Fans: 'fan', 'Air Fryers': 'fryer', 'Desk Lamps': 'desklamp',
  Bottles: 'bottle', Strollers: 'stroller', 'Car seats': 'carseat', "Kids' clothing": [[/vest/i, 'vest'], [/bodysuit/i, 'onesie'], [/raincoat/i, 'raincoat'], [/dress/i, 'dress'], [/./, 'tee']], 'Blocks & toys': 'blocks', 'Picture books': 'books', Baths: 'tub', Carriers: 'carrier', Feeding: 'feeding',
  'Face creams': ['jar', '#e6cdbd'], Serums: ['dropper', '#c98f4e'], Sunscreen: ['tube', '#f0c977'], Cleansers: ['tube', '#9fc0b2'], Lipsticks: 'lipstick', 'Hair care': ['pump', '#8fae9a'], 'Oral care': 'toothbrush', Shaving: 'shaver', Fragrance: ['perfume', '#e3bfa2'],
  Headphones: 'headphones', 'Bluetooth Speakers': 'speaker', 'Power Banks': 'powerbank', Keyboards: 'keyboard', Mice: 'mouse', 'E-Readers': 'reader', Watches: 'watch', Webcams: 'webcam', Chargers: 'charger',
  'Green tea': [[/gift/i, 'giftbox', '#7c9a5c'], [/bags\b/i, 'teabag', '#9cb57a'], [/tin/i, 'tin', '#5f8a5c'], [/./, 'pouch', '#7f9f5f']], 'Black tea': [[/bags\b/i, 'teabag', '#a5583c'], [/tin/i, 'tin', '#9a4a34'], [/./, 'pouch', '#b06a3f']], 'Coffee beans': [[/dark/i, 'coffee', '#4a342a'], [/light/i, 'coffee', '#c79a63'], [/./, 'coffee', '#8a5a3c']],
  Nuts: ['nuts', '#d8a45a'], Chocolate: [[/gift/i, 'giftbox', '#6b3f2a'], [/./, 'chocolate', '#5a3524']], Honey: ['honey', '#e0a136'], 'Rice, grains & oils': [[/oil/i, 'oil'], [/brown/i, 'sack', '#8a5f40'], [/./, 'sack', '#b1543c']], Snacks: [[/strawberr/i, 'pouch', '#e0808a'], [/hawthorn/i, 'pouch', '#b8433f'], [/jerky/i, 'pouch', '#8d4a33'], [/./, 'pouch', '#dcb878']],
  Knives: 'knife', Pans: 'pan', Thermos: 'thermos', 'Lunch Boxes': 'lunchbox', Kettles: 'kettle', 'Tea Sets': 'teapot', 'Cutting Boards': 'board', Tableware: ['plates', '#f4f1ea'], Utensils: 'utensils', Storage: 'jars',
  'T-shirts': 'tee', 'Polo shirts': 'polo', Shirts: 'shirt', Sweaters: 'sweater', Jackets: 'jacket', 'Down jackets': 'puffer', Jeans: 'trousers', 'Casual trousers': 'trousers', Suits: 'blazer',
  Tents: 'tent', 'Sleeping Bags': 'sleepingbag', Backpacks: 'backpack', 'Hiking Shoes': 'boot', 'Shell Jackets': 'jacket', Headlamps: 'headlamp', 'Trekking Poles': 'poles', Yoga: 'yoga', Running: [[/belt/i, 'waistbag'], [/./, 'sneaker']],
  Sneakers: 'sneaker', 'Casual shoes': [[/canvas/i, 'sneaker'], [/./, 'loafer']], 'Dress shoes': 'loafer', 'High heels': 'heel', Sandals: 'sandal', 'Ankle boots': 'boot', 'Shoulder bags': 'tote', Suitcases: 'suitcase', Wallets: 'wallet',
  Dresses: 'dress', Skirts: 'skirt', Knitwear: 'sweater', 'Trench Coats': 'coat', 'Down Jackets': 'puffer', Sweatshirts: [[/hood|zip/i, 'hoodie'], [/./, 'sweater']],
};

function shapeOf(p) {
  const kind = p.category_en.split(' > ')[1];
  const rule = kinds[kind];
  if (!rule) throw new Error(`no drawing for the category "${kind}" of ${p.id}; add one to scripts/pictures`);
  if (typeof rule === 'string') return [rule];
  if (typeof rule[0] === 'string') return rule;
  return rule.find(([words]) => words.test(p.title_en)).slice(1);
}

function picture(p) {
  const [shape, fallback = '#b9a58a'] = shapeOf(p);
  const colour = (p.attributes_en.color || p.attributes_en.colour || '').toLowerCase();
  const c = paintsOf(colour, fallback, Number(p.id.replace(/\D/g, '')));
  const drawn = E(120, 153, 74, 8, '#0000001a') + shapes[shape](c, p.title_en);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 180"><path fill="${c.ground}" d="M0 0h240v180H0z"/>${drawn}</svg>\n`;
}

const shop = join(dirname(fileURLToPath(import.meta.url)), '../../examples/shop');
const check = process.argv[2] === '--check';
let stale = 0;
mkdirSync(join(shop, 'pictures'), { recursive: true });
for (const f of readdirSync(join(shop, 'products')).sort()) {
  for (const line of readFileSync(join(shop, 'products', f), 'utf8').trim().split('\n')) {
    const p = JSON.parse(line);
    const path = join(shop, 'pictures', `${p.id}.svg`);
    if (!check) writeFileSync(path, picture(p));
    else if (readFileSync(path, 'utf8') !== picture(p)) stale++;
  }
}
if (stale) {
  console.error(`pictures: ${stale} are not what scripts/pictures/draw.mjs draws; run it`);
  process.exit(1);
}
