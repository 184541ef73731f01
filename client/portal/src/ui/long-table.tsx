// A table of any length: only the rows in sight are in the page.
import { useEffect, useRef, useState } from 'preact/hooks';

const ROW = 32; // px, as the style sheet has it
const SPARE = 12;

export function LongTable({ columns, count, row, label }:
  { columns: { title: string; numeric?: boolean }[]; count: number; row: (index: number) => string[]; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [first, setFirst] = useState(0);
  const [seen, setSeen] = useState(20);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
    setFirst(0);
  }, [count]);
  const scrolled = () => {
    if (!box.current) return;
    setFirst(Math.max(0, Math.floor(box.current.scrollTop / ROW) - SPARE));
    setSeen(Math.ceil(box.current.clientHeight / ROW));
  };
  const last = Math.min(count, first + seen + 2 * SPARE);
  return (
    <div class="scroll long-table" ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label={label}>
      <table class="sheet" aria-rowcount={count + 1}>
        <thead><tr aria-rowindex={1}>{columns.map((one) => <th key={one.title} scope="col" class={one.numeric ? 'numeric' : ''}>{one.title}</th>)}</tr></thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: `${first * ROW}px` }} /></tr>}
          {Array.from({ length: last - first }, (_, index) => {
            const cells = row(first + index);
            return <tr key={first + index} aria-rowindex={first + index + 2}>{cells.map((text, at) => <td key={at} class={columns[at]?.numeric ? 'numeric' : ''}>{text}</td>)}</tr>;
          })}
          {last < count && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: `${(count - last) * ROW}px` }} /></tr>}
        </tbody>
      </table>
    </div>
  );
}
