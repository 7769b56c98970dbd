/* The pen: a few shapes as SVG, and the colours of a product's record as paint. Drawings stand on the line y = 152 of a 240 x 180 sheet. */
export const R = (x, y, w, h, r, f) => `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}" fill="${f}"/>`;
export const C = (x, y, r, f) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${f}"/>`;
export const E = (x, y, rx, ry, f) => `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${f}"/>`;
export const P = (d, f) => `<path d="${d}" fill="${f}"/>`;
export const L = (d, s, w = 3) => `<path d="${d}" fill="none" stroke="${s}" stroke-width="${w}" stroke-linecap="round" stroke-linejoin="round"/>`;
export const G = (transform, ...parts) => `<g transform="${transform}">${parts.join('')}</g>`;

/* The first word that stands in the colour's name wins, so longer names come first. */
const paints = [
  ['rose gold', '#d9a08c'], ['champagne', '#d8bd8e'], ['off-white', '#f2eadb'], ['milk white', '#f6f0e4'], ['moon white', '#eaeef0'], ['pearl white', '#f4f0ea'], ['frosted white', '#eef0ef'],
  ['misty white', '#ecebe6'], ['cream yellow', '#f3dd9d'], ['cream', '#f3e7cd'], ['matt black', '#3b3a3c'], ['space grey', '#6b6f74'], ['ink grey', '#585c60'], ['stone grey', '#96928b'], ['grey blue', '#7d93a6'],
  ['silver', '#c3c7ca'], ['light grey', '#c2c1bc'], ['dark grey', '#66676a'], ['charcoal', '#515257'], ['oatmeal', '#d9cbb2'], ['oat', '#dccdb0'], ['linen', '#dccbae'], ['grey', '#9c9a96'], ['navy', '#2f4468'],
  ['indigo', '#33436b'], ['dark blue', '#34517f'], ['deep blue', '#2d4c80'], ['mist', '#9db5c4'], ['light blue', '#a6c6dc'], ['sky blue', '#8dbfe0'], ['lake blue', '#4c93ab'], ['sea', '#5a9fb8'], ['vintage blue', '#64829f'],
  ['mint', '#a5d3bd'], ['army green', '#6b7350'], ['dark green', '#3f5f4c'], ['pine green', '#46695a'], ['sage', '#a3b396'], ['smoke green', '#8fa496'], ['light green', '#b3cfa0'], ['green', '#6f9a6b'], ['blue', '#5682b4'],
  ['burgundy', '#7d2f3c'], ['wine', '#7d2f3c'], ['dark red', '#8d3037'], ['brick', '#b1543c'], ['cherry', '#b62f3f'], ['red', '#c2433c'], ['coral', '#ee8a77'], ['warm orange', '#e89a55'], ['orange', '#e8843a'],
  ['fluorescent', '#e6ea4c'], ['pale yellow', '#f1dc85'], ['yellow', '#eec548'], ['amber', '#d79a3c'], ['dusty rose', '#c08383'], ['dusty pink', '#d6a7a3'], ['misty pink', '#e2bcb8'], ['sakura', '#f2c4cb'], ['rose', '#d96f86'],
  ['pink', '#efb3ba'], ['peach', '#f4b89a'], ['apricot', '#efcfa6'], ['lilac', '#bfaedb'], ['mauve', '#a491ab'], ['nude', '#dfbfa4'], ['milk tea', '#cdb193'], ['latte', '#c4a580'], ['light camel', '#d0aa7c'],
  ['camel', '#bf935f'], ['caramel', '#b77c47'], ['khaki', '#b8a67b'], ['beige', '#e2d2b4'], ['tan', '#c2935c'], ['walnut', '#7b5338'], ['bamboo', '#d8b878'], ['wood', '#cfa56f'], ['coffee', '#6a4a37'], ['dark brown', '#5e4231'],
  ['brown', '#8a5f40'], ['macaron', '#e9b7c0'], ['multicolour', '#e0a457'], ['clear', '#cfe0e0'], ['transparent', '#d3e2e2'], ['black', '#3c3a3b'], ['white', '#f6f3ec'],
];

const parse = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
export const mix = (a, b, share) => {
  const [x, y] = [parse(a), parse(b)];
  return `#${x.map((v, i) => Math.round(v + (y[i] - v) * share).toString(16).padStart(2, '0')).join('')}`;
};
const light = (hex) => { const [r, g, b] = parse(hex); return (0.3 * r + 0.59 * g + 0.11 * b) / 255; };

/** Paints for one product: main, darker, lighter, ink, steel, wood, paper, second colour; and a ground that sets it off. */
export function paintsOf(colour, fallback, seed) {
  const found = paints.filter(([name]) => colour.includes(name));
  const m = found.length ? found[0][1] : fallback;
  const other = found.find(([name, paint]) => paint !== m && !found[0][0].includes(name));
  const grounds = light(m) > 0.8 ? ['#c8b697', '#a9b8a6', '#c9a893', '#a5b6bf', '#b9a6b4'] : ['#f2e6d0', '#e6ebdc', '#f4dfd3', '#dfe8ea', '#eee2e8'];
  return { m, d: mix(m, '#2a1d12', light(m) > 0.8 ? 0.14 : 0.24), l: mix(m, '#ffffff', 0.32), k: '#40372f', s: '#cfd3d5', sd: '#a3a9ad', w: '#c08f5c', wd: '#94683f', p: '#fffaf0', a: other ? other[1] : '#d9633c', ground: grounds[seed % grounds.length] };
}
