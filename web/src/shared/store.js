import { useEffect, useState } from './html.js';

/** A value that views watch. `set` takes a patch of an object, never the old object changed in place. */
export function createStore(initial) {
  let value = initial;
  const watchers = new Set();
  return {
    get: () => value,
    set(patch) {
      value = { ...value, ...patch };
      for (const w of watchers) w(value);
    },
    watch(w) {
      watchers.add(w);
      return () => watchers.delete(w);
    },
  };
}

export function useStore(store) {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(store.get());
    return store.watch(setValue);
  }, [store]);
  return value;
}
