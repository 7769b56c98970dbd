// A count of what holds and what does not; no test framework is needed for that.
import { isDeepStrictEqual } from "node:util";

export const results = { good: 0, bad: 0 };

export function check(what, holds, seen) {
  if (holds) results.good++;
  else {
    results.bad++;
    console.error(`FAILED: ${what}${seen === undefined ? "" : `: ${JSON.stringify(seen)?.slice(0, 400)}`}`);
  }
}
export const same = (what, seen, wanted) => check(what, isDeepStrictEqual(seen, wanted), seen);

/** Runs fn and gives what it throws; a test that expects an error fails without one. */
export async function thrown(what, fn) {
  try {
    await fn();
  } catch (e) {
    return e;
  }
  check(`${what}: an error was expected`, false);
  return {};
}

export async function post(url, body, headers = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    /* text says it */
  }
  return { status: answer.status, headers: answer.headers, json, text };
}

export function finish(name) {
  console.log(`${name}: ${results.good} passed, ${results.bad} failed`);
  process.exit(results.bad ? 1 : 0);
}
