// States side by side: gaps are gaps, and what qualifies a figure stands with it.
import { formatNumber, listed, t } from '../i18n';
import { statistics, type Query } from '../lib/figures';
import { partyName, textIn } from '../lib/names';
import { useCall } from '../lib/use-call';
import { Badge, Failed, Notice, Waiting } from './basic';
import type { Code } from '../lib/structures';

const ROWS_MAX = 300;

export function Compare({ query, area, titles, codes }: { query: Query; area: string; titles: Map<string, string>; codes: Map<string, Code[]> }) {
  const areas = query.selections.find((one) => one.dimension === area)?.values ?? [];
  const request = { dataflow: query.dataflow, areas, startPeriod: query.startPeriod, endPeriod: query.endPeriod,
    selections: query.selections.filter((one) => one.dimension !== area).map(({ dimension, values }) => ({ dimension, values })) };
  const asked = useCall(`compare ${JSON.stringify(request)}`, (signal) => statistics.compareParties(request, { signal }));
  if (!asked.data) return asked.error === undefined ? <Waiting lines={6} /> : <Failed error={asked.error} retry={asked.retry} />;
  const { dimensions, areas: shown, rows, notes, warnings } = asked.data;
  // Numbered from 1 through all notes of all areas, in their order, as the cells name them.
  let number = 0;
  const numbered = notes.map((one) => ({ area: one.area, notes: one.notes.map((note) => ({ note, number: ++number })) })).filter((one) => one.notes.length > 0);
  const mark = (of: number) => <sup key={of}><a href={`#note-${of}`} aria-label={t('note_n', { n: of })} onClick={(event) => { event.preventDefault(); const note = document.getElementById(`note-${of}`); note?.scrollIntoView(); note?.focus({ preventScroll: true }); }}>{of}</a></sup>;
  const titleOf = (dimension: string, code: string) => codes.get(dimension)?.find((one) => one.id === code)?.title ?? code;
  const differs = dimensions.map((_, index) => new Set(rows.map((row) => row.key[index])).size > 1);
  return (
    <>
      {warnings.length > 0 && <Notice tone="warn" title={t('warnings')}>{listed(warnings)}</Notice>}
      <div class="scroll" tabIndex={0} role="region" aria-label={t('compare')}>
        <table class="sheet">
          <thead><tr>{dimensions.map((one, index) => differs[index] && <th key={one} scope="col">{titles.get(one) ?? one}</th>)}<th scope="col">{t('period')}</th>
            {shown.map((one) => <th key={one} scope="col" class="numeric">{partyName(one)}</th>)}</tr></thead>
          <tbody>
            {rows.slice(0, ROWS_MAX).map((row, index) => (
              <tr key={index}>{row.key.map((code, at) => differs[at] && <td key={at}>{titleOf(dimensions[at] ?? '', code)}</td>)}<td>{row.period}</td>
                {row.cells.map((cell, at) => <td key={at} class="numeric" title={cell.gap}>{cell.value === '' ? <span class="quiet-text" aria-label={cell.gap || t('gap')}>–</span> : formatNumber(Number(cell.value))}{cell.status && cell.status !== 'A' && <> <Badge>{cell.status}</Badge></>}{cell.notes.map(mark)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > ROWS_MAX && <p class="quiet-text">{t('cut_short', { count: ROWS_MAX })}</p>}
      {numbered.length > 0 && <section class="card"><h2>{t('notes')}</h2>
        {numbered.map((one) => <div key={one.area}><h3>{partyName(one.area)}</h3>
          <ul class="bare">{one.notes.map(({ note, number: of }) => <li key={of} id={`note-${of}`} tabIndex={-1}><sup>{of}</sup> {note.conceptId}: <bdi>{textIn(note.text)}</bdi></li>)}</ul></div>)}</section>}
    </>
  );
}
