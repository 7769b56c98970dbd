// The official client of MCP in the form with sessions, the stateless form by hand, and hostile messages. usage: node mcp.mjs URL
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { check, finish, post, same, thrown } from "./lib.mjs";

const url = `${process.argv[2]}/mcp`;

// ---- 2025-11-25, by the official client ----
const client = new Client({ name: "daogou-test", version: "1" });
const transport = new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);
check("a session", /^[0-9a-f]{32}$/.test(transport.sessionId ?? ""), transport.sessionId);
same("server", client.getServerVersion().name, "daogou");
check("instructions", client.getInstructions()?.includes("search_catalog"));
await client.ping();
const { tools } = await client.listTools();
same("tools", tools.map((t) => t.name), ["search_catalog", "get_product", "compare", "guide"]);
check("schemas", tools.every((t) => t.inputSchema.type === "object" && t.outputSchema.type === "object"));

const found = await client.callTool({ name: "search_catalog", arguments: { query: "a tent for two under 500 yuan", limit: 3 } }); // the client checks outputSchema
check("found", found.structuredContent.products.length >= 1 && found.structuredContent.products.length <= 3, found);
check("within the price", found.structuredContent.products.every((p) => Number(p.price) <= 500), found.structuredContent.products.map((p) => p.price));
check("text says the same", found.structuredContent.products.every((p) => found.content[0].text.includes(`[${p.id}]`)), found.content);
const ids = found.structuredContent.products.map((p) => p.id);
const nothing = await client.callTool({ name: "search_catalog", arguments: { query: "ride-on lawn mower" } });
same("nothing fits", nothing.structuredContent.products, []);
check("and says so", nothing.content[0].text.length > 10, nothing);

const product = await client.callTool({ name: "get_product", arguments: { id: "EL-1001" } });
same("product", product.structuredContent.id, "EL-1001");
check("its price in the text", product.content[0].text.includes("499.00"), product.content[0].text);
const other = await client.callTool({ name: "get_product", arguments: { id: "EL-1001", language: "en" } });
check("in English", other.structuredContent.title.includes("Headphones"), other.structuredContent.title);
check("no product", (await client.callTool({ name: "get_product", arguments: { id: "nobody" } })).isError);
const compared = await client.callTool({ name: "compare", arguments: { ids: ["EL-1001", "EL-1002"], language: "en" } });
check("compared", compared.structuredContent.rows.length > 1, compared);

const first = await client.callTool({ name: "guide", arguments: { text: "想买个双肩包，500以内，不要黑色" } });
const dialogue = first.structuredContent.dialogue;
check("a dialogue", /^[0-9a-f]{32}$/.test(dialogue), first.structuredContent);
const second = await client.callTool({ name: "guide", arguments: { text: "第一个加入购物车", dialogue } });
same("the same dialogue", second.structuredContent.dialogue, dialogue);
check("it goes on", second.content[0].text.includes("购物车"), second.content[0].text);
check("no such dialogue", (await client.callTool({ name: "guide", arguments: { text: "x", dialogue: "0".repeat(32) } })).isError);

for (const [what, params] of [
  ["no query", { name: "search_catalog", arguments: {} }],
  ["query of another type", { name: "search_catalog", arguments: { query: 7 } }],
  ["limit too high", { name: "search_catalog", arguments: { query: "x", limit: 1000 } }],
  ["unknown argument", { name: "search_catalog", arguments: { query: "x", sql: "DROP" } }],
  ["one id", { name: "compare", arguments: { ids: ["EL-1001"] } }],
  ["ids of another type", { name: "compare", arguments: { ids: [1, 2] } }],
  ["language", { name: "get_product", arguments: { id: "EL-1001", language: "fr" } }],
])
  check(what, (await client.callTool(params)).isError, what);
same("unknown tool", (await thrown("unknown tool", () => client.callTool({ name: "rm", arguments: {} }))).code, -32602);

// ---- 2025-11-25, by hand ----
const session = { "Mcp-Session-Id": transport.sessionId, "MCP-Protocol-Version": "2025-11-25", Accept: "application/json, text/event-stream" };
const rpc = (method, params, id = 1) => ({ jsonrpc: "2.0", id, method, params });
same("GET offers no stream", (await fetch(url, { headers: { Accept: "text/event-stream" } })).status, 405);
same("notification", (await post(url, { jsonrpc: "2.0", method: "notifications/initialized" }, session)).status, 202);
same("response", (await post(url, { jsonrpc: "2.0", id: 1, result: {} }, session)).status, 202);
same("without a session", (await post(url, rpc("tools/list"))).status, 400);
same("unknown session", (await post(url, rpc("tools/list"), { ...session, "Mcp-Session-Id": "f".repeat(32) })).status, 404);
same("unknown version", (await post(url, rpc("tools/list"), { ...session, "MCP-Protocol-Version": "1999-01-01" })).status, 400);
same("foreign origin", (await post(url, rpc("tools/list"), { ...session, Origin: "https://evil.example" })).status, 403);
same("own origin", (await post(url, rpc("tools/list"), { ...session, Origin: process.argv[2] })).status, 200);
const older = await post(url, rpc("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } }));
same("an older version", older.json.result.protocolVersion, "2025-06-18");
same("a version of its own", (await post(url, rpc("initialize", { protocolVersion: "2030-01-01", capabilities: {} }))).json.result.protocolVersion, "2025-11-25");

// ---- 2026-07-28: no sessions ----
const meta = (version = "2026-07-28", more = {}) => ({
  _meta: { "io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}, "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" }, ...more },
});
const modern = (method, params = {}, headers = {}) =>
  post(url, rpc(method, { ...meta(), ...params }), {
    Accept: "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, ...(params.name ? { "Mcp-Name": params.name } : {}), ...headers,
  });
const discovered = await modern("server/discover");
same("discover", discovered.status, 200);
same("complete", discovered.json.result.resultType, "complete");
check("versions", discovered.json.result.supportedVersions.includes("2026-07-28"), discovered.json);
check("may be kept", discovered.json.result.ttlMs > 0 && discovered.json.result.cacheScope === "public", discovered.json);
same("who it is", discovered.json.result._meta["io.modelcontextprotocol/serverInfo"].name, "daogou");
check("no session", !discovered.headers.get("mcp-session-id"));
const listed = await modern("tools/list");
same("the same tools", listed.json.result.tools.map((t) => t.name), tools.map((t) => t.name));
check("list may be kept", listed.json.result.ttlMs >= 0 && listed.json.result.cacheScope === "public");
const called = await modern("tools/call", { name: "search_catalog", arguments: { query: "双肩包", limit: 2 } });
same("call", called.json.result.structuredContent.products.length, 2);
same("call is complete", called.json.result.resultType, "complete");
const encoded = await modern("tools/call", { name: "get_product", arguments: { id: "EL-1001" } }, { "Mcp-Name": `=?base64?${Buffer.from("get_product").toString("base64")}?=` });
same("encoded name", encoded.json?.result?.structuredContent?.id, "EL-1001");
const listening = await modern("subscriptions/listen", { notifications: { toolsListChanged: true } });
check("acknowledged first", listening.headers.get("content-type").startsWith("text/event-stream") && listening.text.includes("notifications/subscriptions/acknowledged"), listening.text);
for (const [what, answer, status, code] of [
  ["unknown method", await modern("tools/frobnicate"), 404, -32601],
  ["no ping any more", await modern("ping"), 404, -32601],
  ["no initialize", await modern("initialize"), 404, -32601],
  ["header missing", await post(url, rpc("tools/list", meta())), 400, -32020],
  ["other version in the header", await modern("tools/list", {}, { "MCP-Protocol-Version": "2025-11-25" }), 400, -32020],
  ["other method in the header", await modern("tools/list", {}, { "Mcp-Method": "tools/call" }), 400, -32020],
  ["other name in the header", await modern("tools/call", { name: "guide", arguments: { text: "x" } }, { "Mcp-Name": "compare" }), 400, -32020],
  ["no capabilities", await post(url, rpc("tools/list", { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } }), { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list" }), 400, -32602],
  ["no meta", await post(url, rpc("tools/list", {}), { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list" }), 400, -32602],
  ["unknown version", await post(url, rpc("tools/list", meta("2099-01-01")), { "MCP-Protocol-Version": "2099-01-01", "Mcp-Method": "tools/list" }), 400, -32022],
  ["unknown tool", await modern("tools/call", { name: "rm", arguments: {} }), 200, -32602],
]) {
  same(`${what}: status`, answer.status, status);
  same(`${what}: code`, answer.json?.error?.code, code);
}

// ---- hostile messages ----
for (const [what, body, status, code] of [
  ["no JSON", "{", 400, -32700],
  ["nothing", " ", 400, -32700],
  ["a NUL", '{"jsonrpc":"2.0","id":1,"method":"\\u0000"}', 400, -32700],
  ["a batch", JSON.stringify([rpc("tools/list"), rpc("tools/list", {}, 2)]), 400, -32600],
  ["an empty batch", "[]", 400, -32600],
  ["a number", "7", 400, -32700],
  ["no version", JSON.stringify({ id: 1, method: "tools/list" }), 400, -32600],
  ["another version", JSON.stringify({ jsonrpc: "1.0", id: 1, method: "tools/list" }), 400, -32600],
  ["id null", JSON.stringify({ jsonrpc: "2.0", id: null, method: "tools/list" }), 400, -32600],
  ["id an object", JSON.stringify({ jsonrpc: "2.0", id: {}, method: "tools/list" }), 400, -32600],
  ["method a number", JSON.stringify({ jsonrpc: "2.0", id: 1, method: 7 }), 400, -32600],
  ["params an array", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: [] }), 400, -32602],
  ["unknown method", JSON.stringify(rpc("resources/list")), 200, -32601],
  ["a method of paths", JSON.stringify(rpc("../../etc/passwd")), 200, -32601],
  ["arguments a text", JSON.stringify(rpc("tools/call", { name: "guide", arguments: "x" })), 200, -32602],
  ["name a number", JSON.stringify(rpc("tools/call", { name: 7 })), 200, -32602],
  ["a cursor", JSON.stringify(rpc("tools/list", { cursor: "x" })), 200, -32602],
  ["deep nesting", `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${"[".repeat(5000)}${"]".repeat(5000)}}}`, 400, -32700],
]) {
  const answer = await post(url, body, session);
  same(`${what}: status`, answer.status, status);
  same(`${what}: code`, answer.json?.error?.code, code);
  same(`${what}: version`, answer.json?.jsonrpc, "2.0");
}
same("too large", (await post(url, JSON.stringify(rpc("x", { a: "x".repeat(1 << 20) })), session).catch(() => ({ status: 413 }))).status, 413);

// ---- the end of a session ----
await transport.terminateSession();
same("ended", (await post(url, rpc("tools/list"), session)).status, 404);
await client.close();
finish("mcp");
