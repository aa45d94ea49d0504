/** A list of listeners: `const changed = signal(); changed.listen(draw); changed.emit(value)`. */
export function signal() {
  const listeners = new Set();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(...values) {
      for (const listener of [...listeners]) listener(...values);
    },
  };
}
