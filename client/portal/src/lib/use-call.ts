// What a page asks the server for, with all that may become of it: not there yet, there, failed and asked for anew.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { isCancelled } from './api';

export interface Asked<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  retry: () => void;
  set: (data: T) => void;
}

// Asks when `key` changes; null asks nothing. What is shown stays until the next answer is there.
export function useCall<T>(key: string | null, ask: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown; loading: boolean }>({ key: null, loading: key !== null });
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    if (key === null) {
      setState({ key, loading: false });
      return;
    }
    const aborted = new AbortController();
    setState((before) => ({ ...before, loading: true, error: undefined }));
    latest.current(aborted.signal).then(
      (data) => { if (!aborted.signal.aborted) setState({ key, data, loading: false }); },
      (error: unknown) => {
        if (aborted.signal.aborted || isCancelled(error)) return;
        setState((before) => ({ ...before, error, loading: false }));
      });
    return () => aborted.abort();
  }, [key, attempt]);
  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  const set = useCallback((data: T) => setState((before) => ({ ...before, data })), []);
  return { data: state.data, error: state.error, loading: state.loading, retry, set };
}

// What changes rarely is asked for once and kept while the page is open.
const kept = new Map<string, Promise<unknown>>();
export function once<T>(key: string, ask: () => Promise<T>): Promise<T> {
  const found = kept.get(key) as Promise<T> | undefined;
  if (found) return found;
  const asked = ask();
  kept.set(key, asked);
  asked.catch(() => kept.delete(key));
  return asked;
}
export function forget(prefix = ''): void {
  for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key);
}
