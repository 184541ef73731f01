// Parts of the program that are fetched when they are first wanted.
import type { ComponentType, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failed } from './basic';

// What `load` imports. A page that was opened before the portal was renewed asks for files that are no more: it starts anew
// where it is, and what was typed is in its draft.
export async function part<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (await isRenewed()) location.reload();
    throw error;
  }
}
async function isRenewed(): Promise<boolean> {
  const program = document.querySelector<HTMLScriptElement>('script[type="module"]')?.src.split('/').at(-1) ?? '';
  const page = await fetch('./', { cache: 'no-store' }).then((reply) => reply.ok ? reply.text() : program, () => program);
  return !page.includes(program);
}

// A component that is fetched when it is first shown.
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
      part(load).then((one) => { found = one; if (!gone.current) loaded(1); }, (failure: unknown) => { if (!gone.current) setError(failure); });
    }, [attempt]);
    useEffect(() => () => { gone.current = true; }, []);
    if (found) {
      const Found = found;
      return <Found {...props} />;
    }
    return error === undefined ? waiting : <Failed error={error} retry={() => setAttempt((n) => n + 1)} />;
  };
}
