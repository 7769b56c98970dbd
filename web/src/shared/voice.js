/* Speaking and listening by the browser's own speech interfaces; null where it has none, and then no button is shown. A browser may send
 * what it hears to its maker; docs/web.md says so, and a shop can switch voice off. */

const locales = { zh: 'zh-CN', en: 'en-US' };

/** @returns {null | ((language: string, on: {text: (t: string, final: boolean) => void, end: (error: string) => void}) => () => void)} */
export function listener() {
  const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;
  if (!Recognition) return null;
  return (language, on) => {
    const r = new Recognition();
    let error = '';
    r.lang = locales[language];
    r.interimResults = true;
    r.onresult = (e) => {
      const results = [...e.results];
      on.text(results.map((x) => x[0].transcript).join(''), results.every((x) => x.isFinal));
    };
    r.onerror = (e) => { error = e.error; };
    r.onend = () => on.end(error);
    r.start();
    return () => r.stop();
  };
}

/** @returns {null | {say: (text: string, language: string, end: () => void) => void, stop: () => void}} */
export function speaker() {
  const synthesis = window.speechSynthesis;
  if (!synthesis || !window.SpeechSynthesisUtterance) return null;
  return {
    say(text, language, end) {
      synthesis.cancel();
      const u = new SpeechSynthesisUtterance(text);
      u.lang = locales[language];
      u.onend = u.onerror = end;
      synthesis.speak(u);
    },
    stop: () => synthesis.cancel(),
  };
}
