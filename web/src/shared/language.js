import { createContext, useContext } from './html.js';
import en from '../strings/en.js';
import zh from '../strings/zh.js';

export const languages = { zh, en };

/** The language to begin with: chosen before, else the browser's, else the shop's. */
export function firstLanguage(chosen, shop) {
  if (chosen in languages) return chosen;
  for (const tag of navigator.languages || []) {
    const code = tag.slice(0, 2).toLowerCase();
    if (code in languages) return code;
  }
  return shop in languages ? shop : 'en';
}

export const Language = createContext('en');

/** The strings of the language in force: `t.send`, `t.pieces(3)`. */
export function useStrings() {
  return languages[useContext(Language)];
}
