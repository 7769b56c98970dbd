/** One JSON value of the browser's storage; where that is forbidden (private windows, embedded pages) it lives as long as the page. */
export function stored(name, area = () => window.localStorage) {
  let memory = null;
  return {
    get() {
      try {
        return JSON.parse(area().getItem(name));
      } catch {
        return memory;
      }
    },
    set(value) {
      memory = value;
      try {
        if (value === null) area().removeItem(name);
        else area().setItem(name, JSON.stringify(value));
      } catch { /* kept in memory */ }
    },
  };
}
