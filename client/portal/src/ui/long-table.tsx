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
const LETTERS_MAX = 15; // longer names are cut, and said whole when pointed at
const LETTERS_SPARE = 3;
const BREAKS = /[\n\v\f\r\x85\u2028\u2029]/g; // what would end a line, as a browser sees it
const isCut = (text: string) => text.length > LETTERS_MAX - LETTERS_SPARE;

type Row = (index: number) => string[];
type Span = { first: number; count: number };
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

interface Line {
  element: HTMLTableRowElement;
  texts: Text[];
}

// The rows that are in the page; and, while one leaps, one as high as all in sight, whose cells hold a line for each of them: four
// texts of sixteen lines cost a frame far less than sixty-four of one (docs/portal.md).
class Rows {
  private readonly shown: (Line & { index: number })[] = [];
  private first = 0;
  private leap: Line | undefined;
  private resting: ReturnType<typeof setTimeout> | undefined;
  constructor(private readonly body: HTMLElement, private readonly columns: Column[], private readonly row: Row) {}

  // Where most of the rows `around` are others than before, one leaps: until one rests, those `inSight` stand in one, which a reader
  // of the screen does not hear, and the others say still what stands where they are. `beyond`: how far the table reaches over the
  // end of its box, in px.
  show(around: Span, inSight: Span, beyond: number): void {
    if (!this.leap && Math.abs(around.first - this.first) <= around.count / 2) return this.rest(around);
    this.leapTo(inSight, beyond);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(around), REST);
  }

  rest({ first, count }: Span): void {
    clearTimeout(this.resting);
    if (this.leap) {
      this.leap.element.remove();
      this.leap = undefined;
      this.body.className = '';
    }
    while (this.shown.length > count) this.shown.pop()?.element.remove();
    while (this.shown.length < count) this.shown.push({ ...this.made(), index: -1 });
    // What stays in sight is left as it is: what has gone out at one end comes in at the other.
    const by = first - this.first;
    this.first = first;
    if (Math.abs(by) < count) {
      const gone = by > 0 ? this.shown.splice(0, by) : this.shown.splice(count + by);
      this.shown.splice(by > 0 ? count - by : 0, 0, ...gone);
      this.body[by > 0 ? 'append' : 'prepend'](...gone.map((one) => one.element));
    }
    this.shown.forEach((one, at) => this.write(one, first + at));
  }

  close(): void {
    clearTimeout(this.resting);
    this.body.className = '';
    this.body.replaceChildren();
  }

  private made(): Line {
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
    return { element, texts };
  }

  private leapTo({ first, count }: Span, beyond: number): void {
    if (!this.leap) {
      this.leap = this.made();
      this.leap.element.className = 'leap';
      this.leap.element.setAttribute('aria-hidden', 'true');
      this.body.className = 'leaping';
    }
    const { element, texts } = this.leap;
    element.style.insetBlockStart = `${first * ROW}px`;
    element.style.blockSize = `${count * ROW}px`;
    const rows = Array.from({ length: count }, (_, at) => this.row(first + at));
    texts.forEach((there, at) => {
      const words = rows.map((row) => (row[at] ?? '').replace(BREAKS, ' '));
      const [lines, cell, cut] = [words.join('\n'), there.parentElement, words.some(isCut)];
      if (!cell) return;
      if (there.data !== lines) there.data = lines;
      if (this.columns[at]?.numeric) cell.style.insetInlineEnd = `${beyond}px`;
      else if (cut !== (cell.className === 'cut')) cell.className = cut ? 'cut' : '';
    });
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
    const inSight = (): Span => {
      const first = Math.floor(around.scrollTop / ROW);
      return { first, count: Math.min(count - first, Math.ceil(around.clientHeight / ROW)) }; // the heading stands over one, and another is cut in two
    };
    const withSpare = (seen: Span): Span => {
      const many = Math.min(count, seen.count + 2 * SPARE);
      return { first: Math.max(0, Math.min(count - many, seen.first - SPARE)), count: many };
    };
    scrolled.current = () => {
      const seen = inSight();
      rows.show(withSpare(seen), seen, around.scrollWidth - around.clientWidth - Math.abs(around.scrollLeft));
    };
    let printing = false; // paper is not scrolled
    const measure = () => {
      if (printing) return;
      rows.rest(withSpare(inSight()));
      setWide(around.scrollWidth > around.clientWidth + 1);
    };
    measure();
    const watched = new ResizeObserver(measure);
    watched.observe(around);
    const before = () => {
      printing = true;
      rows.rest({ first: 0, count: Math.min(count, PRINTED_MAX) });
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
