import "../styles/page.css";
import { html, render } from '../shared/html.js';
import { Api } from '../shared/api.js';
import { firstLanguage, languages } from '../shared/language.js';
import { errorText } from '../shared/error_text.js';
import { ChatApp } from './chat_app.js';

const host = document.getElementById('daogou');

async function start() {
  const api = new Api();
  const t = languages[firstLanguage(null, 'en')];
  try {
    const session = await api.shopperSession();
    document.title = `${session.title} · ${t.guide}`;
    render(html`<${ChatApp} api=${api} session=${{ features: {}, ...session }} host=${document.documentElement} />`, host);
  } catch (e) {
    render(html`<div class="closed" role="alert"><p>${errorText(e, t)}</p><button type="button" class="quiet" onClick=${start}>${t.retry}</button></div>`, host);
  }
}

start();
