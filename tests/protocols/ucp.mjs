// UCP's catalogue over REST, feeds and pictures. usage: node ucp.mjs URL
import { check, finish, post, same } from "./lib.mjs";

const base = process.argv[2];
const agent = { "UCP-Agent": 'profile="https://platform.example/profile"' };
const profile = await (await fetch(`${base}/.well-known/ucp`)).json();
const { endpoint } = profile.ucp.services["dev.ucp.shopping"][0];
same("transport", profile.ucp.services["dev.ucp.shopping"][0].transport, "rest");
same("capabilities", Object.keys(profile.ucp.capabilities), ["dev.ucp.shopping.catalog.search", "dev.ucp.shopping.catalog.lookup"]);
const call = (path, body) => post(`${endpoint}/catalog/${path}`, body, agent);

// What product.json, variant.json and price.json of the schemas demand.
const isPrice = (p) => Number.isInteger(p?.amount) && p.amount >= 0 && /^[A-Z]{3}$/.test(p.currency);
const isProduct = (p) =>
  p.id && p.title && typeof p.description.plain === "string" && isPrice(p.price_range.min) && isPrice(p.price_range.max) && p.variants.length >= 1 && p.variants.every((v) => v.id && v.title && v.description && isPrice(v.price));

const found = await call("search", { query: "backpack under 500 yuan", context: { language: "en" }, pagination: { limit: 3 } });
same("search", found.status, 200);
same("version", found.json.ucp.version, profile.ucp.version);
check("products", found.json.products.length >= 1 && found.json.products.every(isProduct), found.json.products[0]);
check("minor units", found.json.products.every((p) => p.price_range.max.amount <= 50000), found.json.products.map((p) => p.price_range));
const pages = [];
for (let cursor; ; ) {
  const page = (await call("search", { filters: { categories: ["Tents"] }, pagination: { limit: 2, ...(cursor ? { cursor } : {}) } })).json;
  pages.push(...page.products.map((p) => p.id));
  if (!page.pagination.has_next_page) break;
  check("a cursor", !!page.pagination.cursor, page.pagination);
  cursor = page.pagination.cursor;
}
check("pages do not overlap", pages.length > 2 && new Set(pages).size === pages.length, pages);
const cheap = (await call("search", { query: "帐篷", filters: { price: { max: 40000 } } })).json;
check("price filter", cheap.products.every((p) => p.price_range.min.amount <= 40000), cheap.products.map((p) => p.price_range));
for (const [what, body] of [["nothing", {}], ["empty query", { query: "" }], ["query a number", { query: 7 }], ["limit 0", { query: "x", pagination: { limit: 0 } }], ["cursor", { query: "x", pagination: { cursor: "../" } }], ["filters", { filters: [] }], ["price", { filters: { price: { max: -1 } } }], ["no JSON", "{"], ["an array", "[]"]]) {
  const answer = await call("search", body);
  same(`search: ${what}`, answer.status, 400);
  same(`search: ${what}: says so`, answer.json?.ucp?.status, "error");
}

const looked = await call("lookup", { ids: ["EL-1001", "nobody", "EL-1001", "EL-1002"] });
same("lookup", looked.json.products.map((p) => p.id), ["EL-1001", "EL-1002"]);
check("inputs", looked.json.products.every((p) => isProduct(p) && p.variants[0].inputs[0].id === p.id), looked.json.products[0]);
same("messages", looked.json.messages, [{ type: "info", code: "not_found", content: "nobody" }]);
same("too many", (await call("lookup", { ids: Array.from({ length: 51 }, (_, i) => `x${i}`) })).json.messages[0].code, "request_too_large");
for (const ids of [[], [7], "x", undefined]) same(`ids ${JSON.stringify(ids)}`, (await call("lookup", { ids })).status, 400);
const product = await call("product", { id: "EL-1001" });
check("product", isProduct(product.json.product) && product.json.product.id === "EL-1001", product.json);
const missing = await call("product", { id: "nobody" });
same("missing: status", missing.status, 200);
same("missing: outcome", missing.json.ucp.status, "error");
same("missing: code", missing.json.messages[0].code, "not_found");

// ---- feeds ----
const tsv = await (await fetch(`${base}/feeds/google.tsv`)).text();
check("google.tsv", tsv.startsWith("id\ttitle\t") && tsv.split("\n").length >= 329, tsv.slice(0, 80));
const xml = await (await fetch(`${base}/feeds/google.xml`)).text();
same("google.xml", (xml.match(/<item>/g) ?? []).length, 328);
const acp = (await (await fetch(`${base}/feeds/acp.jsonl`)).text()).trim().split("\n").map((l) => JSON.parse(l));
check("acp.jsonl", acp.length === 328 && acp.every((p) => p.id && p.variants[0].price.currency === "CNY"));
same("no such feed", (await fetch(`${base}/feeds/secret.txt`)).status, 404);

// ---- pictures: the check imports those of the sample shop, if there are any ----
const picture = await fetch(`${base}/v1/products/EL-1001/picture?size=160`);
if (picture.status === 200) {
  check("picture", /^image\/(svg\+xml|webp)/.test(picture.headers.get("content-type")), picture.headers.get("content-type"));
  if (picture.headers.get("content-type").startsWith("image/svg")) check("an SVG in a sandbox", picture.headers.get("content-security-policy").includes("sandbox"));
  same("not again", (await fetch(`${base}/v1/products/EL-1001/picture?size=160`, { headers: { "If-None-Match": picture.headers.get("etag") } })).status, 304);
} else same("no picture", picture.status, 404);
same("size", (await fetch(`${base}/v1/products/EL-1001/picture?size=7`)).status, 400);
same("nobody's picture", (await fetch(`${base}/v1/products/nobody/picture`)).status, 404);
finish("ucp, feeds and pictures");
