// A component that is fetched when it is first shown.
import type { ComponentType, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failed } from './basic';

export function later<Props extends object>(load: () => Promise<ComponentType<Props>>, waiting: VNode): ComponentType<Props> {
  let found: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [, loaded] = useState(0);
    const [error, setError] = useState<unknown>();
    const [attempt, setAttempt] = useState(0);
    const gone = useRef(false);
    useEffect(() => {
      if (found) return;
      setError(undefined);
      load().then((one) => { found = one; if (!gone.current) loaded(1); }, (failure: unknown) => { if (!gone.current) setError(failure); });
    }, [attempt]);
    useEffect(() => () => { gone.current = true; }, []);
    if (found) {
      const Found = found;
      return <Found {...props} />;
    }
    return error === undefined ? waiting : <Failed error={error} retry={() => setAttempt((n) => n + 1)} />;
  };
}
