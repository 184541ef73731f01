// Flows from origin to destination, one period at a time: an arc each, as wide as the figure. Drawn by d3-geo.
import { geoNaturalEarth1, geoPath, type GeoPath, type GeoProjection } from 'd3-geo';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatNumber, t } from '../i18n';
import { partyName, placeOf } from '../lib/names';
import { Button } from './basic';
import { countries } from './map';

export interface Flow {
  from: string;
  to: string;
  period: string;
  value: number;
}
const WIDTH = 960;
const HEIGHT = 480;

const WIDTHS = 16; // steps of width: arcs of one step are one stroke, so that ten thousand cost sixteen

// A curve between two places, bent a little to the side, wider with the figure; the largest last. One that crosses
// the edge of the map follows the globe, which divides it there.
function drawArcs(context: CanvasRenderingContext2D, shown: readonly Flow[], projection: GeoProjection, path: GeoPath, colour: string): void {
  const most = Math.max(1, shown[0]?.value ?? 1);
  const points = new Map<string, [number, number] | null>();
  const pointOf = (code: string) => {
    if (!points.has(code)) points.set(code, projection(placeOf(code) as [number, number]));
    return points.get(code) ?? null;
  };
  const steps: Flow[][] = Array.from({ length: WIDTHS }, () => []);
  for (const one of shown) steps[Math.min(WIDTHS - 1, Math.floor(Math.sqrt(one.value / most) * WIDTHS))]?.push(one);
  context.lineCap = 'round';
  context.strokeStyle = colour;
  steps.forEach((flows, step) => {
    const share = (step + 0.5) / WIDTHS;
    context.globalAlpha = 0.25 + 0.6 * share;
    context.lineWidth = 0.6 + 7 * share;
    context.beginPath();
    for (const one of flows) {
      const [from, to] = [placeOf(one.from) as [number, number], placeOf(one.to) as [number, number]];
      if (Math.abs(from[0] - to[0]) > 180) {
        path({ type: 'LineString', coordinates: [from, to] });
        continue;
      }
      const [a, b] = [pointOf(one.from), pointOf(one.to)];
      if (!a || !b) continue;
      context.moveTo(a[0], a[1]);
      context.quadraticCurveTo((a[0] + b[0]) / 2 - (b[1] - a[1]) / 8, (a[1] + b[1]) / 2 - Math.abs(b[0] - a[0]) / 8, b[0], b[1]);
    }
    context.stroke();
  });
}

export function FlowMap({ flows }: { flows: Flow[] }) {
  const periods = useMemo(() => [...new Set(flows.map((one) => one.period))].sort(), [flows]);
  const [at, setAt] = useState(periods.length - 1);
  const [playing, setPlaying] = useState(false);
  const canvas = useRef<HTMLCanvasElement>(null);
  const period = periods[Math.min(at, periods.length - 1)] ?? '';
  const shown = useMemo(() => flows.filter((one) => one.period === period && one.value > 0 && placeOf(one.from) && placeOf(one.to)).sort((a, b) => b.value - a.value), [flows, period]);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setAt((now) => (now + 1) % periods.length), 1_200);
    return () => clearInterval(timer);
  }, [playing, periods.length]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => { // a light-dark() value as it is now
      const probe = document.createElement('i');
      probe.style.color = style.getPropertyValue(name);
      document.body.append(probe);
      const now = getComputedStyle(probe).color;
      probe.remove();
      return now;
    };
    const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: 'Sphere' });
    const path = geoPath(projection, context);
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.beginPath();
    for (const one of countries) path(one);
    context.fillStyle = colour('--surface');
    context.fill();
    context.strokeStyle = colour('--line');
    context.lineWidth = 0.5;
    context.stroke();
    drawArcs(context, shown, projection, path, colour('--warm'));
    context.globalAlpha = 1;
    context.fillStyle = colour('--accent');
    for (const code of new Set(shown.map((one) => one.to))) {
      const place = projection(placeOf(code) as [number, number]);
      if (!place) continue;
      context.beginPath();
      context.arc(place[0], place[1], 4, 0, 2 * Math.PI);
      context.fill();
    }
  }, [shown]);
  if (periods.length === 0) return null;
  return (
    <figure class="flow-map">
      <canvas ref={canvas} width={WIDTH * 2} height={HEIGHT * 2} role="img" aria-label={t('flow_map_of', { period })} />
      <figcaption>
        <div class="slider">
          <Button icon={playing ? 'pause' : 'play'} onClick={() => setPlaying(!playing)}>{playing ? t('pause') : t('play')}</Button>
          <label><span class="unseen">{t('period')}</span>
            <input type="range" min={0} max={periods.length - 1} value={at} aria-valuetext={period} onInput={(event) => { setPlaying(false); setAt(Number(event.currentTarget.value)); }} /></label>
          <output>{period}</output>
        </div>
        <ol class="lines wide">{shown.slice(0, 12).map((one) => <li key={one.from + one.to}>{partyName(one.from)} → {partyName(one.to)}: {formatNumber(one.value)}</li>)}</ol>
      </figcaption>
    </figure>
  );
}
