import { html, useEffect, useMemo, useState } from '../shared/html.js';
import { errorText } from '../shared/error_text.js';
import { firstLanguage, Language, languages } from '../shared/language.js';
import { stored } from '../shared/storage.js';
import { Icon, Seal } from '../chat/icons.js';
import { Catalogue } from './catalogue.js';
import { CopyStudio } from './copy_studio.js';
import { Desk, words } from './desk.js';
import { Documents } from './documents.js';
import { ImportFile } from './import_file.js';
import { Keys } from './keys.js';
import { Promotions } from './promotions.js';
import { Reports } from './reports.js';
import { SignIn } from './sign_in.js';
import { TryNeed } from './try_need.js';

/* A view is a line here; its address is #/name/argument. */
const views = { catalogue: Catalogue, import: ImportFile, documents: Documents, promotions: Promotions, try: TryNeed, copy: CopyStudio, reports: Reports, keys: Keys };
const groups = [['shop', ['catalogue', 'import', 'documents', 'promotions']], ['guide', ['try', 'copy']], ['figures', ['reports']], ['house', ['keys']]];

const whereNow = () => {
  const [name, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  return { name: name in views ? name : 'catalogue', argument: decodeURIComponent(rest.join('/')) };
};

function useWhere() {
  const [where, setWhere] = useState(whereNow);
  useEffect(() => {
    const moved = () => {
      setWhere(whereNow());
      requestAnimationFrame(() => { const h = document.getElementById('page-title'); if (h) h.focus(); });
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return where;
}

function Nav({ t, where, admin }) {
  useEffect(() => {
    const here = document.querySelector('.nav [aria-current]');
    if (here) here.scrollIntoView({ inline: 'center', block: 'nearest' }); /* on a phone the parts are one row that scrolls */
  }, [where.name]);
  return html`<nav class="nav" aria-label=${t.nav.label}>${groups.filter(([g]) => admin || g !== 'house').map(([group, names]) => html`<div key=${group}>
    <h2>${t.nav[group]}</h2>
    <ul>${names.map((n) => html`<li key=${n}><a href=${`#/${n}`} aria-current=${where.name === n ? 'page' : undefined}>${t.nav[n]}</a></li>`)}</ul>
  </div>`)}</nav>`;
}

export function ConsoleApp({ api, first }) {
  const kept = useMemo(() => ({ language: stored('dg.language'), theme: stored('dg.theme') }), []);
  const [session, setSession] = useState(first);
  const [language, chooseLanguage] = useState(() => firstLanguage(kept.language.get(), first.language));
  const [theme, chooseTheme] = useState(() => kept.theme.get() || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
  const [said, setSaid] = useState({ text: '', bad: false });
  const where = useWhere();
  const t = languages[language];
  const w = words[language];
  const staff = session.scope === 'merchant' || session.scope === 'admin';

  const note = (text) => setSaid({ text, bad: false });
  const fail = (e) => {
    if (e.status === 401) setSession({ ...session, scope: 'shopper' });
    setSaid({ text: errorText(e, t), bad: true });
  };
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
    document.documentElement.dataset.theme = theme;
    document.title = `${session.title} · ${w.title}`;
  }, [language, theme]);
  useEffect(() => {
    if (!said.text || said.bad) return undefined;
    const timer = setTimeout(() => setSaid({ text: '', bad: false }), 4000);
    return () => clearTimeout(timer);
  }, [said]);

  const setLanguage = () => { kept.language.set(t.otherCode); chooseLanguage(t.otherCode); };
  const setTheme = () => { const x = theme === 'dark' ? 'light' : 'dark'; kept.theme.set(x); chooseTheme(x); };
  const signOut = () => api.post('/v1/logout').then(() => api.session()).then(setSession, fail);
  const View = views[where.name];

  return html`<${Language.Provider} value=${language}><${Desk.Provider} value=${{ api, session, note, fail }}>
    <div class="console">
      ${staff && html`<a class="skip" href="#page-title" onClick=${(e) => { e.preventDefault(); document.getElementById('page-title').focus(); }}>${w.skip}</a>`}
      <header class="head"><${Seal} /><p class="head-title">${session.title}<span>${w.title}</span></p>
        <div class="head-tools">
          <button type="button" class="icon-button" aria-label=${t.theme} title=${t.theme} aria-pressed=${theme === 'dark'} onClick=${setTheme}><${Icon} name=${theme === 'dark' ? 'sun' : 'moon'} /></button>
          <button type="button" class="language" lang=${t.otherCode} onClick=${setLanguage}>${t.other}</button>
          ${staff && html`<button type="button" class="language" onClick=${signOut}>${w.signOut}</button>`}
        </div></header>
      ${staff ? html`<${Nav} t=${w} where=${where} admin=${session.scope === 'admin'} />
        <main class="content"><${View} key=${where.name} argument=${where.argument} /></main>` : html`<${SignIn} api=${api} session=${session} onIn=${setSession} />`}
      <div class=${said.text ? `toast ${said.bad ? 'toast-bad' : ''}` : 'unseen'} role=${said.bad ? 'alert' : 'status'}>${said.text}
        ${said.text && html`<button type="button" class="icon-button" aria-label=${t.close} onClick=${() => setSaid({ text: '', bad: false })}><${Icon} name="close" /></button>`}</div>
    </div>
  <//><//>`;
}
