// Figures: find a collection, choose, look at table and chart side by side, compare, take along, report.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Dataflow, DataStructure } from '../gen/entente/v1/statistics_pb';
import { Dimension_Role } from '../gen/entente/v1/statistics_pb';
import { collator, formatNumber, t, useLanguage } from '../i18n';
import { folded } from '../lib/ask';
import { asCode, asForm, figures, FORMS, restPath, toCsv, varies, wordAt, type Figures, type Query } from '../lib/figures';
import { flowsOf } from '../lib/flows';
import { lastPart, processName, textIn } from '../lib/names';
import { serverOrigin } from '../lib/place';
import { pointsOf, type ChartKind } from '../lib/points';
import { go, linkTo, type Place } from '../lib/router';
import { me } from '../lib/session';
import { codesOf, conceptTitle, dataflows, structureOf, type Code } from '../lib/structures';
import { useCall } from '../lib/use-call';
import { Badge, Button, CopyButton, Failed, Field, LinkButton, Notice, PageTitle, saveFile, Waiting } from '../ui/basic';
import { COLOURS, Chart, pngOf, svgText } from '../ui/chart';
import { CodePicker } from '../ui/code-picker';
import { Compare } from '../ui/compare';
import { FlowMap, pictureOf, svgTextOf, type Drawn } from '../ui/flow-map';
import { LongTable, type Column } from '../ui/long-table';
import { Upload } from '../ui/upload';

export function StatisticsPage({ place }: { place: Place }) {
  const id = place.parts[1];
  return id ? <Explorer key={id} name={`dataflows/${id}`} place={place} /> : <Dataflows />;
}

let looked = '';
function Dataflows() {
  const [query, setQuery] = useState(looked);
  const asked = useCall('dataflows', dataflows);
  const rows = useMemo(() => {
    const words = folded(query).split(/\s+/).filter(Boolean);
    return (asked.data ?? []).filter(({ dataflow }) => dataflow && words.every((word) => folded(`${dataflow.name} ${textIn(dataflow.title)}`).includes(word)))
      .sort((a, b) => Number(b.observations > 0n) - Number(a.observations > 0n) || collator().compare(a.dataflow?.name ?? '', b.dataflow?.name ?? ''));
  }, [asked.data, query]);
  return (
    <section class="page">
      <PageTitle aside={<LinkButton href={linkTo(['profile'])}>{t('profile')}</LinkButton>}>{t('statistics')}</PageTitle>
      <Field label={t('find_dataflow')}>{(props) => <input {...props} type="search" value={query} autocomplete="off" onInput={(event) => { looked = event.currentTarget.value; setQuery(looked); }} />}</Field>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={6} />}
      <p class="unseen" role="status">{asked.data && t('n_dataflows', { n: rows.length })}</p>
      {/* None while it is empty: it would be pushed up when what waits above it goes. */}
      {rows.length > 0 && <ul class="people flows">
        {rows.map(({ dataflow, parties, observations, mayReport }) => dataflow && (
          <li key={dataflow.name}>
            <a class="name" href={linkTo(['statistics', lastPart(dataflow.name)])}>{textIn(dataflow.title)}</a>
            <span class="where">{processName(dataflow.process)}</span>
            <span class="what">{t('n_observations', { n: Number(observations) })} · {t('n_parties_report', { n: parties })}</span>
            {mayReport && <span><Badge tone="accent">{t('may_report')}</Badge></span>}
          </li>
        ))}
      </ul>}
    </section>
  );
}

interface Known {
  dataflow: Dataflow;
  structure: DataStructure;
  codes: Map<string, Code[]>; // by dimension
  titles: Map<string, string>; // of dimensions
  mayReport: boolean;
}

async function knownOf(name: string): Promise<Known> {
  const [{ set, dataflow, structure, lists }, rows] = await Promise.all([structureOf(name), dataflows()]);
  const codes = new Map<string, Code[]>();
  const titles = new Map<string, string>();
  for (const dimension of structure.dimensions) {
    codes.set(dimension.id, codesOf(lists.get(dimension.codelist), dimension.role));
    titles.set(dimension.id, conceptTitle(set, structure, dimension.conceptId));
  }
  return { dataflow, structure, codes, titles, mayReport: rows.some((one) => one.dataflow?.name === name && one.mayReport) };
}

type View = ChartKind | 'flow' | 'compare';

function Explorer({ name, place }: { name: string; place: Place }) {
  const asked = useCall(`${useLanguage()} ${name}`, () => knownOf(name)); // its words are the reader's
  if (!asked.data) return asked.error === undefined ? <Waiting lines={8} /> : <section class="page"><h1 tabIndex={-1}>{t('dataflow')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  return <Explored known={asked.data} place={place} />;
}

// The choice stands in the address, so that it can be sent to somebody: codes, no figures. What is no code of the list was
// not chosen: the page shows no sign of it, so it may not go into what is asked or taken along either.
function choiceOf(place: Place, { structure, codes }: Known): Query {
  const selections = structure.dimensions.flatMap((one) => {
    const values = (place.query.get(one.id) ?? '').split('+').filter((value) => codes.get(one.id)?.some((code) => code.id === value));
    return values.length > 0 ? [{ dimension: one.id, values }] : [];
  });
  return { dataflow: '', selections, startPeriod: place.query.get('from') ?? '', endPeriod: place.query.get('to') ?? '' };
}

function Explored({ known, place }: { known: Known; place: Place }) {
  const { dataflow, structure, codes, titles } = known;
  const query: Query = { ...choiceOf(place, known), dataflow: dataflow.name };
  const view = (place.query.get('view') ?? 'line') as View;
  const change = (part: Partial<Record<string, string>>) => {
    const next = new URLSearchParams(place.query);
    for (const [key, value] of Object.entries(part)) value ? next.set(key, value) : next.delete(key);
    go(linkTo(['statistics', lastPart(dataflow.name)], Object.fromEntries(next)), 'replace');
  };
  const asked = useCall(JSON.stringify(query), (signal) => figures(query, signal));
  const counterpart = structure.dimensions.find((one) => one.role === Dimension_Role.COUNTERPART_AREA);
  const area = structure.dimensions.find((one) => one.role === Dimension_Role.REFERENCE_AREA);
  const views: View[] = ['line', 'bars', 'multiples', 'heat', ...(counterpart && area ? ['flow' as const] : []), ...(area ? ['compare' as const] : [])];
  const chosen = (id: string) => query.selections.find((one) => one.dimension === id)?.values ?? [];
  return (
    <section class="page">
      <PageTitle above={<><a href={linkTo(['statistics'])}>{t('statistics')}</a> › {processName(dataflow.process)}</>}>{textIn(dataflow.title)}</PageTitle>
      <div class="explorer">
        <form class="card on-screen" onSubmit={(event) => event.preventDefault()}>
          {structure.dimensions.map((one) => (
            <CodePicker key={one.id} title={titles.get(one.id) ?? one.id} codes={codes.get(one.id) ?? []} chosen={chosen(one.id)} choose={(ids) => change({ [one.id]: ids.join('+') })} />
          ))}
          <div class="periods">
            <Field label={t('first_period')}>{(props) => <input {...props} value={query.startPeriod} placeholder="2015" maxLength={10} onChange={(event) => change({ from: event.currentTarget.value.trim() })} />}</Field>
            <Field label={t('last_period')}>{(props) => <input {...props} value={query.endPeriod} placeholder={String(new Date().getFullYear())} maxLength={10} onChange={(event) => change({ to: event.currentTarget.value.trim() })} />}</Field>
          </div>
        </form>
        <div>
          <div class="choice on-screen" role="group" aria-label={t('chart')}>
            {views.map((one) => <Button key={one} aria-pressed={view === one} onClick={() => change({ view: one })}>{one === 'compare' ? t('compare') : t(`chart_${one}`)}</Button>)}
          </div>
          {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
          {!asked.data && asked.loading && <Waiting lines={8} />}
          {asked.data && asked.data.values.length === 0 && !asked.loading && <Notice>{t('no_figures')}</Notice>}
          {asked.data && asked.data.values.length > 0 && (view === 'compare' && area
            ? <Compare query={query} area={area.id} titles={titles} codes={codes} />
            : <Shown known={known} all={asked.data} view={view} query={query} />)}
          {known.mayReport && !me()?.session.readOnly && <Upload dataflow={dataflow.name} />}
        </div>
      </div>
    </section>
  );
}

function Shown({ known, all, view, query }: { known: Known; all: Figures; view: View; query: Query }) {
  const place = useRef<HTMLDivElement>(null);
  const { dataflow, structure, codes, titles } = known;
  const kind: ChartKind = view === 'flow' || view === 'compare' ? 'line' : view;
  const drawn = useMemo(() => pointsOf(structure, codes, textIn(dataflow.title), all, kind), [known, all, kind]);
  const flows = useMemo(() => view === 'flow' ? flowsOf(structure, all) : undefined, [view, structure, all]);
  useEffect(() => {
    const idle = requestIdleCallback(() => flowsOf(structure, all));
    return () => cancelIdleCallback(idle);
  }, [structure, all]);
  const onMap = useRef<Drawn>();
  // What is the same in every row is said once, above them; of what differs the words of each code.
  const names = useMemo(() => all.keys.map(({ words }, at) => {
    const titleOf = new Map((codes.get(all.dimensions[at] ?? '') ?? []).map((one) => [one.id, one.title]));
    return words.map((code) => titleOf.get(code) ?? code);
  }), [all, codes]);
  const [differing, same] = useMemo(() => {
    const places = [...all.keys.keys()];
    const differ = all.keys.map(varies);
    return [places.filter((at) => differ[at]), places.filter((at) => !differ[at])];
  }, [all]);
  const hasStatus = useMemo(() => varies(all.statuses), [all]);
  const titleAt = (at: number) => titles.get(all.dimensions[at] ?? '') ?? all.dimensions[at] ?? '';
  // The period first: it stays in sight beside the figure, however many columns lie between.
  const columns = useMemo((): Column[] => {
    const longest = (words: string[]) => words.reduce((most, one) => Math.max(most, one.length), 0);
    const figures = all.values.reduce((most, value) => Math.max(most, Math.abs(value || 0)), 0);
    return [{ title: t('period'), letters: longest([t('period'), all.periods.words[0] ?? '']) }, ...differing.map((at) => ({ title: titleAt(at), letters: longest([titleAt(at), ...names[at] ?? []]) })),
      ...(hasStatus ? [{ title: t('status'), letters: 3 }] : []), { title: t('value'), numeric: true, letters: formatNumber(figures).length + 1 }];
  }, [all, differing, hasStatus, names, titles]);
  const row = useCallback((at: number) => {
    const value = all.values[at] ?? NaN;
    const series = all.series[at] ?? 0;
    return [wordAt(all.periods, at), ...differing.map((place) => names[place]?.[all.keys[place]?.of[series] ?? 0] ?? ''), ...(hasStatus ? [wordAt(all.statuses, at)] : []), Number.isNaN(value) ? '–' : formatNumber(value)];
  }, [all, differing, hasStatus, names]);
  const label = textIn(dataflow.title);
  const file = lastPart(dataflow.name).toLowerCase();
  const svg = () => place.current?.querySelector<SVGSVGElement>('.chart svg') ?? undefined;
  const savePng = async () => {
    const drawing = svg();
    const blob = drawing ? await pngOf(drawing) : onMap.current && await pictureOf(onMap.current);
    if (blob) saveFile(`${file}.png`, 'image/png', blob);
  };
  const saveSvg = () => {
    const drawing = svg();
    const text = drawing ? svgText(drawing) : onMap.current && svgTextOf(onMap.current);
    if (text) saveFile(`${file}.svg`, 'image/svg+xml', text);
  };
  const path = restPath(dataflow, structure, query);
  const rest = serverOrigin() + path;
  const [making, setMaking] = useState('');
  const [error, setError] = useState<unknown>();
  const saveAs = async (form: keyof typeof FORMS) => {
    setMaking(form);
    setError(undefined);
    await asForm(path, form).then((made) => saveFile(`${file}.${FORMS[form].ending}`, 'application/octet-stream', made), setError);
    setMaking('');
  };
  return (
    <>
      {all.cut && <Notice tone="warn">{t('cut_short', { count: all.values.length })}</Notice>}
      <div class={view === 'flow' ? 'views' : 'views both'}>
        <section class="card" aria-label={t('chart')}>
          <div ref={place}>{flows ? <FlowMap flows={flows} drawn={(now) => { onMap.current = now; }} /> : <Chart kind={kind} points={drawn.points} series={drawn.series} label={t('chart_of', { what: label })} />}</div>
          {['line', 'bars', 'multiples'].includes(view) && drawn.series.length > 1 && (
            <ul class="swatches">{drawn.series.map((one, index) => <li key={one}><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" fill={COLOURS[index % COLOURS.length]} /></svg>{one}</li>)}</ul>
          )}
          {view !== 'flow' && drawn.more && <p class="quiet-text"><small>{t('chart_first', { n: drawn.series.length })}</small></p>}
        </section>
        <section aria-label={t('table')}>
          <p class="quiet-text constants">{same.map((at) => `${titleAt(at)}: ${names[at]?.[0] ?? ''}`).join(' · ')}</p>
          <LongTable label={label} columns={columns} count={all.values.length} row={row} />
          <p class="quiet-text">{t('n_observations', { n: all.values.length })}</p>
        </section>
      </div>
      <section class="card on-screen" aria-label={t('download')}>
        <h2>{t('download')}</h2>
        <div class="actions">
          <Button icon="download" onClick={() => saveFile(`${file}.csv`, 'text/csv;charset=utf-8', toCsv(dataflow, all))}>CSV</Button>
          {(Object.keys(FORMS) as (keyof typeof FORMS)[]).map((one) => <Button key={one} icon="download" busy={making === one} onClick={() => saveAs(one)}>{one}</Button>)}
          <Button icon="download" onClick={saveSvg}>SVG</Button>
          <Button icon="download" onClick={savePng}>PNG</Button>
          <CopyButton text={location.href} label={t('copy_what', { what: t('link') })} words={t('link')} />
        </div>
        {error !== undefined && <Failed error={error} />}
        <details>
          <summary>{t('as_code')}</summary>
          <p class="quiet-text">{t('as_code_hint')}</p>
          {(['curl', 'R', 'Python'] as const).map((one) => <div key={one}><h3>{one} <CopyButton text={asCode(one, rest)} label={t('copy_what', { what: one })} /></h3><pre class="code" dir="ltr" tabIndex={0}>{asCode(one, rest)}</pre></div>)}
        </details>
      </section>
    </>
  );
}
