// What was typed, once no letter has followed for a moment; what is cleared is cleared at once.
import { useEffect, useState } from 'preact/hooks';

export function useSettled(typed: string, forMs: number): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    if (typed === '') {
      setSettled(typed);
      return;
    }
    const timer = setTimeout(() => setSettled(typed), forMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return typed === '' ? typed : settled;
}
