// A table of any length: only the rows in sight are in the page, as elements that are made once and written anew as one
// scrolls. A row and a cell stand where their sizes say, and nothing in them tells anything around them (`contain`): a table
// that Chromium lays out leaves so much to be collected with each frame that its collector stops the hundredth.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';

const ROW = 32; // px, as the style sheet has it
const SPARE = 2; // rows above and below those in sight: each costs every frame, but those of leaps
const REST = 100; // ms without a scroll: one rests
const PRINTED_MAX = 1_000; // rows on paper, some twenty sheets: printing makes each an element, and a hundred thousand would stop the page

export interface Column {
  title: string;
  numeric?: boolean;
  letters: number; // as wide as the longest of its cells, as far as it is known: in letters
}
const LETTERS_MIN = 6;
const LETTERS_MAX = 22; // longer names are cut, and said whole when pointed at
const LETTERS_SPARE = 3;
const isCut = (text: string) => text.length > LETTERS_MAX - LETTERS_SPARE;

type Row = (index: number) => string[];
type Place = { marginInlineStart: string; inlineSize: string };

// Where each column stands, in shares of a row, and how many letters they take together.
function placesOf(columns: Column[]): { places: Place[]; letters: number } {
  const widths = columns.map((one) => Math.min(LETTERS_MAX, Math.max(LETTERS_MIN, one.letters + LETTERS_SPARE)));
  const letters = widths.reduce((sum, one) => sum + one, 0);
  let before = 0;
  const places = widths.map((width) => {
    const place = { marginInlineStart: `${100 * before / letters}%`, inlineSize: `${100 * width / letters}%` };
    before += width;
    return place;
  });
  return { places, letters };
}

// The rows that are in the page.
class Rows {
  private readonly shown: { element: HTMLTableRowElement; texts: Text[]; index: number }[] = [];
  private first = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;
  constructor(private readonly body: HTMLElement, private readonly columns: Column[], private readonly row: Row) {}

  // `count` rows from `first` on, of which those from `from` up to `to` are in sight. In leaps only these are written; the others,
  // which still say what stands where they are, once one rests.
  show(first: number, count: number, from: number, to: number): void {
    while (this.shown.length > count) this.shown.pop()?.element.remove();
    while (this.shown.length < count) this.shown.push(this.made());
    // What stays in sight is left as it is: what has gone out at one end comes in at the other.
    const by = first - this.first;
    const leap = Math.abs(by) >= count;
    this.first = first;
    if (!leap) {
      const gone = by > 0 ? this.shown.splice(0, by) : this.shown.splice(count + by);
      this.shown.splice(by > 0 ? count - by : 0, 0, ...gone);
      this.body[by > 0 ? 'append' : 'prepend'](...gone.map((one) => one.element));
    }
    this.shown.forEach((one, at) => {
      const index = first + at;
      if (!leap || (index >= from && index < to)) this.write(one, index);
    });
    clearTimeout(this.resting);
    if (leap) this.resting = setTimeout(() => this.show(first, count, from, to), REST);
  }

  close(): void {
    clearTimeout(this.resting);
    this.body.replaceChildren();
  }

  private made() {
    const element = document.createElement('tr');
    element.setAttribute('role', 'row');
    const texts = placesOf(this.columns).places.map((place, at) => {
      const cell = element.insertCell();
      cell.setAttribute('role', 'cell');
      if (this.columns[at]?.numeric) cell.className = 'numeric';
      Object.assign(cell.style, place);
      return cell.appendChild(new Text());
    });
    this.body.append(element);
    return { element, texts, index: -1 };
  }

  private write(one: Rows['shown'][number], index: number): void {
    if (one.index === index) return;
    one.index = index;
    one.element.setAttribute('aria-rowindex', String(index + 2));
    one.element.style.insetBlockStart = `${index * ROW}px`;
    this.row(index).forEach((text, at) => {
      const [there, cell] = [one.texts[at], one.texts[at]?.parentElement];
      if (!there || !cell || there.data === text) return;
      there.data = text;
      if (this.columns[at]?.numeric) return;
      const cut = isCut(text);
      if (cut !== (cell.className === 'cut')) cell.className = cut ? 'cut' : '';
      if (cut) cell.title = text;
      else if (cell.title) cell.removeAttribute('title');
    });
  }
}

export function LongTable({ columns, count, row, label }: { columns: Column[]; count: number; row: Row; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const scrolled = useRef(() => {});
  const [wide, setWide] = useState(false);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [count]);
  useLayoutEffect(() => {
    const [around, within] = [box.current, body.current];
    if (!around || !within) return;
    const rows = new Rows(within, columns, row);
    scrolled.current = () => {
      const inSight = Math.ceil(around.clientHeight / ROW); // the heading stands over one, and another is cut in two
      const many = Math.min(count, inSight + 2 * SPARE);
      const from = Math.floor(around.scrollTop / ROW);
      rows.show(Math.max(0, Math.min(count - many, from - SPARE)), many, from, from + inSight);
    };
    let printing = false; // paper is not scrolled
    const measure = () => {
      if (printing) return;
      scrolled.current();
      setWide(around.scrollWidth > around.clientWidth + 1);
    };
    measure();
    const watched = new ResizeObserver(measure);
    watched.observe(around);
    const before = () => {
      printing = true;
      rows.show(0, Math.min(count, PRINTED_MAX), 0, PRINTED_MAX);
    };
    const after = () => {
      printing = false;
      measure();
    };
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
      watched.disconnect();
      rows.close();
    };
  }, [columns, count, row]);
  const { places, letters } = placesOf(columns);
  return (
    <>
      <div class={wide ? 'scroll long-table wide' : 'scroll long-table'} ref={box} onScroll={() => scrolled.current()} tabIndex={0} role="region" aria-label={label}>
        {/* Roles in words: laid out as blocks, a table would be none to a reader of the screen. */}
        <table class="sheet" role="table" aria-rowcount={count + 1} style={{ minInlineSize: `${letters}ch` }}>
          <thead role="rowgroup"><tr role="row" aria-rowindex={1}>{columns.map((one, at) => <th key={one.title} role="columnheader" scope="col" class={one.numeric ? 'numeric' : ''} style={places[at]}>{one.title}</th>)}</tr></thead>
          <tbody role="rowgroup" ref={body} style={{ blockSize: `${count * ROW}px` }} />
        </table>
      </div>
      {count > PRINTED_MAX && <p class="on-paper">{t('cut_short', { count: PRINTED_MAX })}</p>}
    </>
  );
}
