// A form whose content outlasts a failed call, an ended session, the way back and a closed tab: every form with something
// typed or chosen in it holds it here. Never a file, a key or a password.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { dropDraft, findDraft, keepDraft } from './drafts';

export interface Draft<Form extends object> {
  form: Form;
  restored: boolean; // what is shown was typed before this page was opened
  change: (part: Partial<Form>) => void;
  discard: () => void; // back to `fresh`
  settle: () => Promise<void>; // it was sent, or given up: nothing is kept, what is shown stays
}

const PAUSE_MS = 150; // after the last letter; a page that is left or hidden waits for no pause

// `name`: of what this is the draft, the same in every tab. `fresh`: the form with nothing typed into it. `fits`: whether
// what is found is still a draft of what is there.
export function useDraft<Form extends object>(name: string, fresh: () => Form, fits: (found: Form) => boolean = () => true): Draft<Form> {
  const [form, setForm] = useState(fresh);
  const [restored, setRestored] = useState(false);
  const now = useRef(form); // what was typed, also between two drawings
  const timer = useRef(0);
  const pending = useRef(false);
  const touched = useRef(false);
  const show = (next: Form) => { now.current = next; setForm(next); };
  const hold = () => {
    clearTimeout(timer.current);
    pending.current = false;
  };
  const keep = () => {
    if (!pending.current) return;
    hold();
    void (same(now.current, fresh()) ? dropDraft(name) : keepDraft(name, now.current));
  };
  const latest = useRef(keep);
  latest.current = keep;
  useEffect(() => {
    let gone = false;
    void findDraft<Form>(name).then((found) => {
      // Whoever was quicker than the store goes on with what they typed.
      if (gone || !found || touched.current || !fits(found)) return;
      show({ ...now.current, ...found });
      setRestored(true);
    });
    const hidden = () => { if (document.visibilityState === 'hidden') latest.current(); };
    document.addEventListener('visibilitychange', hidden);
    return () => {
      gone = true;
      document.removeEventListener('visibilitychange', hidden);
      latest.current();
    };
  }, [name]);
  const change = useCallback((part: Partial<Form>) => {
    touched.current = true;
    show({ ...now.current, ...part });
    clearTimeout(timer.current);
    pending.current = true;
    timer.current = window.setTimeout(() => latest.current(), PAUSE_MS);
  }, []);
  const settle = () => {
    hold();
    touched.current = true;
    setRestored(false);
    return dropDraft(name);
  };
  return { form, restored, change, settle, discard: () => { show(fresh()); void settle(); } };
}

const same = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);
