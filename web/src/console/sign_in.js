import { html, useState } from '../shared/html.js';
import { errorText } from '../shared/error_text.js';
import { useStrings } from '../shared/language.js';
import { useWords } from './desk.js';
import { Seal } from '../chat/icons.js';

export function SignIn({ api, session, onIn }) {
  const t = useStrings();
  const w = useWords();
  const [key, setKey] = useState('');
  const [error, setError] = useState('');
  const submit = async (e) => {
    e.preventDefault();
    try {
      const answer = await api.post('/v1/login', { key: key.trim() });
      api.csrf = answer.csrf;
      onIn(await api.session());
    } catch (x) {
      setError(errorText(x, t));
    }
  };
  return html`<main class="sign-in"><form onSubmit=${submit}>
    <${Seal} />
    <h1>${session.title}</h1>
    <p class="lead">${w.title}</p>
    <label class="field"><span>${w.key}</span>
      <input type="password" autocomplete="current-password" required value=${key} aria-describedby="key-hint" onInput=${(e) => setKey(e.target.value)} />
      <small id="key-hint">${w.keyHint}</small></label>
    ${error && html`<p class="trouble" role="alert">${error}</p>`}
    <button type="submit" class="main">${w.signIn}</button>
  </form></main>`;
}
