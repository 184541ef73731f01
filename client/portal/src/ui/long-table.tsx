// A table of any length: only the rows in sight are in the page, in places that are written anew as one scrolls. No column
// is measured by what stands in it, so that a hundred thousand rows cost what forty do.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

const ROW = 32; // px, as the style sheet has it
const SPARE = 4; // rows above and below those in sight

export interface Column {
  title: string;
  numeric?: boolean;
  letters: number; // as wide as the longest of its cells, as far as it is known: in letters
}
const LETTERS_MIN = 6;
const LETTERS_MAX = 22; // longer names are cut, and said whole when pointed at
const LETTERS_SPARE = 3;
const isCut = (text: string) => text.length > LETTERS_MAX - LETTERS_SPARE;

export function LongTable({ columns, count, row, label }: { columns: Column[]; count: number; row: (index: number) => string[]; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [first, setFirst] = useState(0);
  const [seen, setSeen] = useState(20);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
    setFirst(0);
  }, [count]);
  const measure = () => {
    const at = box.current;
    if (!at) return;
    setSeen(Math.ceil(at.clientHeight / ROW));
    setWide(at.scrollWidth > at.clientWidth + 1);
  };
  const shape = columns.map((one) => one.letters).join();
  useLayoutEffect(() => {
    measure();
    const watched = new ResizeObserver(measure);
    if (box.current) watched.observe(box.current);
    return () => watched.disconnect();
  }, [shape, count]);
  const scrolled = () => setFirst(Math.max(0, Math.floor((box.current?.scrollTop ?? 0) / ROW) - SPARE));
  const last = Math.min(count, first + seen + 2 * SPARE);
  return (
    <div class={wide ? 'scroll long-table wide' : 'scroll long-table'} ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label={label}>
      <table class="sheet" aria-rowcount={count + 1}>
        <colgroup>{columns.map((one) => <col key={one.title} style={{ inlineSize: `${Math.min(LETTERS_MAX, Math.max(LETTERS_MIN, one.letters + LETTERS_SPARE))}ch` }} />)}</colgroup>
        <thead><tr aria-rowindex={1}>{columns.map((one) => <th key={one.title} scope="col" class={one.numeric ? 'numeric' : ''}>{one.title}</th>)}</tr></thead>
        <tbody>
          <tr aria-hidden="true" class="before"><td colSpan={columns.length} style={{ height: `${first * ROW}px` }} /></tr>
          {Array.from({ length: last - first }, (_, place) => (
            <tr key={place} aria-rowindex={first + place + 2}>{row(first + place).map((text, at) => <td key={at} class={columns[at]?.numeric ? 'numeric' : isCut(text) ? 'cut' : ''} title={isCut(text) ? text : undefined}>{text}</td>)}</tr>
          ))}
          <tr aria-hidden="true" class="after"><td colSpan={columns.length} style={{ height: `${(count - last) * ROW}px` }} /></tr>
        </tbody>
      </table>
    </div>
  );
}
