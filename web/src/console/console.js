import '../styles/console_page.css';
import { html, render } from '../shared/html.js';
import { Api } from '../shared/api.js';
import { errorText } from '../shared/error_text.js';
import { firstLanguage, languages } from '../shared/language.js';
import { ConsoleApp } from './console_app.js';

const host = document.getElementById('console');

async function start() {
  const api = new Api();
  try {
    render(html`<${ConsoleApp} api=${api} first=${await api.session()} />`, host);
  } catch (e) {
    const t = languages[firstLanguage(null, 'en')];
    render(html`<div class="closed" role="alert"><p>${errorText(e, t)}</p><button type="button" class="quiet" onClick=${start}>${t.retry}</button></div>`, host);
  }
}

start();
