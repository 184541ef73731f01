// Flows from origin to destination, one period at a time, with the largest in words beside them.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatNumber, t } from '../i18n';
import { largest, type Flows } from '../lib/flows';
import { partyName } from '../lib/names';
import { Button } from './basic';
import { blank, coloursOf, draw, resize, svgOf } from './flow-drawing';

const POINTS_MIN = 320;
const PICTURE = 1920; // points across, of a picture to take along; no canvas has more
const LISTED = 12; // flows that the list beside the map tells in words

// What is on the map now.
export interface Drawn {
  canvas: HTMLCanvasElement;
  flows: Flows;
  period: string;
}
// As it is shown, larger, on paper.
export function pictureOf({ canvas, flows, period }: Drawn): Promise<Blob | null> {
  const larger = blank(PICTURE);
  draw(larger, flows, period, coloursOf(canvas));
  return new Promise((resolve) => larger.toBlob(resolve, 'image/png'));
}

export function svgTextOf({ canvas, flows, period }: Drawn): string {
  return svgOf(flows, period, coloursOf(canvas), t('flow_map_of', { period }));
}

// How often the page's colours have changed: by the reader's choice, the machine's, or paper.
function useColours(): number {
  const [turns, setTurns] = useState(0);
  useEffect(() => {
    const turn = () => setTurns((n) => n + 1);
    const media = ['(prefers-color-scheme: dark)', 'print'].map((one) => matchMedia(one));
    for (const one of media) one.addEventListener('change', turn);
    const chosen = new MutationObserver(turn);
    chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      for (const one of media) one.removeEventListener('change', turn);
      chosen.disconnect();
    };
  }, []);
  return turns;
}

export function FlowMap({ flows, drawn }: { flows: Flows; drawn?: (now: Drawn) => void }) {
  const { pairs, periods, sums } = flows;
  const [at, setAt] = useState(periods.length - 1);
  const [playing, setPlaying] = useState(false);
  const [points, setPoints] = useState(0);
  const colours = useColours();
  const canvas = useRef<HTMLCanvasElement>(null);
  const period = periods[Math.min(at, periods.length - 1)] ?? '';
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setAt((now) => (now + 1) % periods.length), 1_200);
    return () => clearInterval(timer);
  }, [playing, periods.length]);
  useLayoutEffect(() => {
    const box = canvas.current;
    if (!box) return;
    const measure = () => setPoints(Math.max(POINTS_MIN, Math.min(PICTURE, Math.round(box.clientWidth * Math.min(2, devicePixelRatio)))));
    measure();
    const watched = new ResizeObserver(measure);
    watched.observe(box);
    return () => watched.disconnect();
  }, [periods.length === 0]);
  useLayoutEffect(() => {
    if (!canvas.current || points === 0) return;
    resize(canvas.current, points);
    draw(canvas.current, flows, period, coloursOf(canvas.current));
    drawn?.({ canvas: canvas.current, flows, period });
  }, [flows, period, points, colours]);
  const there = sums.get(period);
  if (!there) return null;
  return (
    <figure class="flow-map">
      <canvas ref={canvas} role="img" aria-label={t('flow_map_of', { period })} />
      <figcaption>
        <div class="slider">
          <Button icon={playing ? 'pause' : 'play'} onClick={() => setPlaying(!playing)}>{playing ? t('pause') : t('play')}</Button>
          <label><span class="unseen">{t('period')}</span>
            <input type="range" min={0} max={periods.length - 1} value={at} aria-valuetext={period} onInput={(event) => { setPlaying(false); setAt(Number(event.currentTarget.value)); }} /></label>
          <output>{period}</output>
        </div>
        <ol class="lines wide">{largest(there, LISTED).map((place) => {
          const { from = '', to = '' } = pairs[place] ?? {};
          return <li key={`${from} ${to}`}>{partyName(from)} → {partyName(to)}: {formatNumber(there[place] ?? 0)}</li>;
        })}</ol>
      </figcaption>
    </figure>
  );
}
