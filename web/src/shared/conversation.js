import { createStore } from './store.js';
import { readEvents } from './sse.js';

/* One dialogue with the server: turns are said, streamed, resumed after a lost connection or a reload, stopped, tried again.
 * A turn is {said, choice, status: waiting|streaming|done|stopped|failed, stage, text, reply, error, number}. */

const RESUME_DELAYS_MS = [300, 1000, 2000, 4000, 8000];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Conversation {
  /** @param {{api: import('./api.js').Api, storage: {get: () => any, set: (v: any) => void}, language: () => string}} o */
  constructor({ api, storage, language }) {
    Object.assign(this, { api, storage, language, abort: null, lastEvent: '' });
    this.store = createStore({ turns: [], dialogue: null, cart: null, wishes: [], busy: false });
  }

  /** Goes on with the dialogue that this browser had, also with a turn that was under way when the page was left. */
  async restore() {
    const kept = this.storage.get();
    if (!kept || !kept.dialogue) return;
    this.store.set({ dialogue: kept.dialogue });
    try {
      await this.reload();
    } catch (e) {
      if (e.status !== 404) throw e;
      this.forget();
      return;
    }
    const turns = this.store.get().turns;
    if (kept.pending && kept.pending.number > turns.length) {
      this.addTurn(kept.pending.said, kept.pending.choice);
      await this.follow(() => this.resumeRequest('0'));
    }
  }

  /** Reads turns, state and cart as the server has them. */
  async reload() {
    const path = `/v1/chat/${this.store.get().dialogue}`;
    const kept = await this.api.get(path);
    const turns = (kept.turns || []).map((t, i) => {
      const reply = typeof t.reply === 'string' ? { text: t.reply } : t.reply;
      return { said: t.said, status: 'done', text: reply.text, reply, number: i + 1 };
    });
    this.store.set({ turns, wishes: wishesOf(kept.state) });
    this.store.set({ cart: await this.api.get(`${path}/cart`) });
  }

  async say(text, choice) {
    if (this.store.get().busy || !text.trim()) return;
    this.addTurn(text, choice);
    await this.follow(() => this.sayRequest(text, choice));
  }

  async retry() {
    const turns = this.store.get().turns;
    const last = turns[turns.length - 1];
    if (!last || last.status === 'done') return;
    this.store.set({ turns: turns.slice(0, -1) });
    await this.say(last.said, last.choice);
  }

  stop() {
    if (this.abort) this.abort.abort();
  }

  /** Erases the dialogue on the server too. */
  async erase() {
    const { dialogue } = this.store.get();
    this.stop();
    if (dialogue) await this.api.delete(`/v1/chat/${dialogue}`).catch((e) => { if (e.status !== 404) throw e; });
    this.forget();
  }

  forget() {
    this.storage.set(null);
    this.store.set({ turns: [], dialogue: null, cart: null, wishes: [] });
  }

  async setQuantity(product, quantity) {
    const { dialogue } = this.store.get();
    const cart = await this.api.post(`/v1/chat/${dialogue}/cart`, { product, quantity });
    this.store.set({ cart });
  }

  /* ---- a turn under way ---- */

  addTurn(said, choice) {
    const turns = this.store.get().turns;
    const number = turns.length + 1;
    this.lastEvent = '';
    this.store.set({ turns: [...turns, { said, choice, status: 'waiting', stage: 'read', text: '', reply: null, number }], busy: true });
    this.storage.set({ dialogue: this.store.get().dialogue, pending: { said, choice, number } });
  }

  patch(change) {
    const turns = this.store.get().turns;
    this.store.set({ turns: [...turns.slice(0, -1), { ...turns[turns.length - 1], ...change }] });
  }

  /** A dialogue that the server has no longer, or no longer gives to this browser, is begun anew rather than refused for ever. */
  async sayRequest(text, choice) {
    try {
      return await this.postTurn(text, choice);
    } catch (e) {
      if (e.status !== 404 || !this.store.get().dialogue) throw e;
      this.store.set({ dialogue: null, cart: null, wishes: [] });
      return this.postTurn(text, null);
    }
  }

  postTurn(text, choice) {
    const body = { text, language: this.language(), why: true };
    if (this.store.get().dialogue) body.dialogue = this.store.get().dialogue;
    if (choice) body.choice = choice;
    return this.api.fetch('/v1/chat', { method: 'POST', body, headers: { Accept: 'text/event-stream' }, signal: this.abort.signal });
  }

  resumeRequest(from) {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': from || this.lastEvent || '0' };
    return this.api.fetch(`/v1/chat/${this.store.get().dialogue}/events`, { headers, signal: this.abort.signal });
  }

  /** Runs a turn to its end over as many connections as that takes. */
  async follow(request) {
    this.abort = new AbortController();
    try {
      let next = request;
      for (let attempt = 0; !(await this.attempt(next)); attempt++) {
        if (attempt >= RESUME_DELAYS_MS.length) throw Object.assign(new Error('lost'), { status: 0 });
        await pause(RESUME_DELAYS_MS[attempt]);
        if (this.abort.signal.aborted) throw new DOMException('stopped', 'AbortError');
        next = () => (this.store.get().dialogue ? this.resumeRequest() : request()); /* nothing arrived of a new dialogue: its name is not known, so it is begun again */
      }
      this.patch({ status: 'done' });
    } catch (e) {
      this.patch(e.name === 'AbortError' ? { status: 'stopped' } : { status: 'failed', error: e });
    } finally {
      this.abort = null;
      this.storage.set({ dialogue: this.store.get().dialogue, pending: null });
      this.store.set({ busy: false });
    }
    await this.refresh();
  }

  /** @returns {Promise<boolean>} false: the connection was lost while the server knew the dialogue, so the rest can be asked for */
  async attempt(request) {
    let response;
    try {
      response = await request();
    } catch (e) {
      if (e.status === 0 && this.lastEvent) return false;
      if ((e.status === 404 || e.status === 410) && this.lastEvent) return this.takeKept();
      throw e;
    }
    try {
      for await (const e of readEvents(response.body)) if (this.take(e)) return true;
    } catch (e) {
      if (e.name === 'AbortError' || e.fromServer) throw e;
    }
    if (!this.store.get().dialogue) throw Object.assign(new Error('lost'), { status: 0 });
    return false;
  }

  /** The events are no longer kept; perhaps the whole turn is. */
  async takeKept() {
    const { turns } = this.store.get();
    const kept = await this.api.get(`/v1/chat/${this.store.get().dialogue}`);
    const turn = (kept.turns || [])[turns.length - 1];
    if (!turn) throw Object.assign(new Error('lost'), { status: 0 });
    const reply = typeof turn.reply === 'string' ? { text: turn.reply } : turn.reply;
    this.patch({ text: reply.text, reply });
    return true;
  }

  /** @returns {boolean} whether the turn is at its end */
  take({ id, event, data }) {
    if (id) this.lastEvent = id;
    if (event === 'dialogue') this.store.set({ dialogue: data.id }), this.storage.set({ ...this.storage.get(), dialogue: data.id });
    else if (event === 'stage') this.patch({ stage: data.name });
    else if (event === 'token') this.patch({ status: 'streaming', text: this.current().text + data.text });
    else if (event === 'reply') this.takeReply(data);
    else if (event === 'done') return true;
    else if (event === 'error') throw Object.assign(new Error(data.error ? data.error.message : data.message), { fromServer: true, status: 500, code: (data.error || data).code });
    return false;
  }

  takeReply(reply) {
    this.patch({ status: 'streaming', text: reply.text, reply });
    if (reply.cart) this.store.set({ cart: reply.cart });
  }

  current() {
    const { turns } = this.store.get();
    return turns[turns.length - 1];
  }

  /** What the guide has understood so far, shown as a note; a failure here is no failure of the turn. */
  async refresh() {
    const { dialogue } = this.store.get();
    if (!dialogue) return;
    const kept = await this.api.get(`/v1/chat/${dialogue}`).catch(() => null);
    if (kept) this.store.set({ wishes: wishesOf(kept.state) });
  }
}

function wishesOf(state) {
  const topic = state && state.topics && state.topics[state.current || 0];
  if (!topic) return [];
  const wishes = (topic.wishes || []).map((w) => ({ text: w.said || (w.values || []).join(' / '), not: !!w.not }));
  return topic.text ? [{ text: topic.text, topic: true }, ...wishes] : wishes;
}
