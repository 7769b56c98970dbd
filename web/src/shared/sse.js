/* Server-sent events over fetch: EventSource can neither POST nor send Last-Event-ID of its own accord, nor a key. */

/** Splits a body into events. @param {ReadableStream<Uint8Array>} stream @yields {{id: string, event: string, data: any}} */
export async function* readEvents(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  let held = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const raw = held + value; /* a "\r" at a cut may be half of a line's end */
      held = raw.endsWith('\r') ? '\r' : '';
      buffer += raw.slice(0, raw.length - held.length).replace(/\r\n?/g, '\n');
      for (let end; (end = buffer.indexOf('\n\n')) >= 0; buffer = buffer.slice(end + 2)) {
        const event = parseEvent(buffer.slice(0, end));
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parseEvent(block) {
  const event = { id: '', event: 'message', data: null };
  const data = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue; /* a comment keeps the connection alive */
    const value = line.slice(colon + 1).replace(/^ /, '');
    const name = line.slice(0, colon);
    if (name === 'data') data.push(value);
    else if (name === 'id' || name === 'event') event[name] = value;
  }
  if (!data.length) return null;
  event.data = JSON.parse(data.join('\n'));
  return event;
}
