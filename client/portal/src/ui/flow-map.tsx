// Flows from origin to destination, one period at a time: an arc each, wider with the figure. Drawn on a canvas; what does
// not change between two periods (the land, where a place lies) is worked out once. Projected by d3-geo.
import { geoNaturalEarth1, geoPath } from 'd3-geo';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatNumber, t } from '../i18n';
import { partyName, placeOf } from '../lib/names';
import { Button } from './basic';
import { countries } from './map';

export interface Flow {
  from: string;
  to: string;
  value: number;
}
export interface Flows {
  periods: string[];
  in: (period: string) => Flow[]; // the largest dozen first, in order
}
const WIDTH = 960; // of the map's own units; the canvas has as many points as the screen can show
const HEIGHT = 480;
const PICTURE = 1920; // points across, of a picture to take along

const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: 'Sphere' });
const [MIDDLE = 0] = projection([0, 0]) ?? [];

// Where a place lies; and how far apart a whole turn of the globe is there, for what goes over the map's edge.
interface Spot {
  x: number;
  y: number;
  longitude: number;
  turn: number;
}
const spots = new Map<string, Spot | undefined>();
function spotOf(code: string): Spot | undefined {
  if (!spots.has(code)) {
    const place = placeOf(code);
    const at = place && projection(place);
    const quarter = place && projection([90, place[1]]);
    spots.set(code, place && at && quarter ? { x: at[0], y: at[1], longitude: place[0], turn: 4 * (quarter[0] - MIDDLE) } : undefined);
  }
  return spots.get(code);
}
export const isOnMap = (code: string) => spotOf(code) !== undefined;

const WIDTHS = 16; // steps of width: arcs of one step are one stroke, so that ten thousand cost sixteen
const INK = 900; // the widths of all arcs, in shares of the widest: where they are more, all are thinner, and the land is still seen

interface Colours {
  land: string;
  line: string;
  arc: string;
  end: string;
}
// A light-dark() value as it is now.
function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement('i');
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = style.getPropertyValue(name);
    return getComputedStyle(probe).color;
  };
  const now = { land: colour('--surface'), line: colour('--line'), arc: colour('--warm'), end: colour('--accent') };
  probe.remove();
  return now;
}

function blank(points: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = points;
  canvas.height = Math.round(points * HEIGHT / WIDTH);
  return canvas;
}

// The land below, of one size and look: drawn once.
let ground: { canvas: HTMLCanvasElement; of: string } | undefined;
function groundOf(points: number, colours: Colours): HTMLCanvasElement {
  const of = `${points} ${colours.land} ${colours.line}`;
  if (ground?.of === of) return ground.canvas;
  const canvas = blank(points);
  const context = canvas.getContext('2d');
  if (context) {
    context.scale(points / WIDTH, points / WIDTH);
    const path = geoPath(projection, context);
    context.beginPath();
    for (const one of countries) path(one);
    context.fillStyle = colours.land;
    context.fill();
    context.strokeStyle = colours.line;
    context.lineWidth = 0.5;
    context.stroke();
  }
  ground = { canvas, of };
  return canvas;
}

// A curve between two places, bent a little to the side.
function trace(context: CanvasRenderingContext2D, ax: number, ay: number, bx: number, by: number): void {
  context.moveTo(ax, ay);
  context.quadraticCurveTo((ax + bx) / 2 - (by - ay) / 8, (ay + by) / 2 - Math.abs(bx - ax) / 8, bx, by);
}

function drawArcs(context: CanvasRenderingContext2D, flows: readonly Flow[], colour: string): void {
  const most = Math.max(1, flows[0]?.value ?? 1);
  const shares = flows.map((one) => Math.sqrt(one.value / most));
  const thinner = Math.min(1, INK / shares.reduce((sum, one) => sum + one, 0));
  const steps: [Spot, Spot][][] = Array.from({ length: WIDTHS }, () => []);
  const over: [Spot, Spot][][] = Array.from({ length: WIDTHS }, () => []); // over the edge of the map
  flows.forEach((one, index) => {
    const [from, to] = [spotOf(one.from), spotOf(one.to)];
    if (!from || !to) return;
    const step = Math.min(WIDTHS - 1, Math.floor((shares[index] ?? 0) * WIDTHS));
    (Math.abs(from.longitude - to.longitude) > 180 ? over : steps)[step]?.push([from, to]);
  });
  context.lineCap = 'round';
  context.strokeStyle = colour;
  const pen = (step: number) => {
    const share = (step + 0.5) / WIDTHS;
    context.globalAlpha = (0.25 + 0.6 * share) * Math.max(0.4, Math.sqrt(thinner));
    context.lineWidth = Math.max(0.6, (0.6 + 7 * share) * thinner);
    context.beginPath();
  };
  steps.forEach((pairs, step) => {
    if (pairs.length === 0) return;
    pen(step);
    for (const [from, to] of pairs) trace(context, from.x, from.y, to.x, to.y);
    context.stroke();
  });
  if (over.every((pairs) => pairs.length === 0)) return;
  // Out at one edge and in at the other.
  context.save();
  context.beginPath();
  geoPath(projection, context)({ type: 'Sphere' });
  context.clip();
  over.forEach((pairs, step) => {
    if (pairs.length === 0) return;
    pen(step);
    for (const [from, to] of pairs) {
      const east = from.longitude > to.longitude ? 1 : -1;
      trace(context, from.x, from.y, to.x + east * to.turn, to.y);
      trace(context, from.x - east * from.turn, from.y, to.x, to.y);
    }
    context.stroke();
  });
  context.restore();
}

function draw(canvas: HTMLCanvasElement, flows: readonly Flow[]): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const colours = coloursNow();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(groundOf(canvas.width, colours), 0, 0);
  context.scale(canvas.width / WIDTH, canvas.width / WIDTH);
  drawArcs(context, flows, colours.arc);
  context.globalAlpha = 1;
  context.fillStyle = colours.end;
  context.beginPath();
  for (const code of new Set(flows.map((one) => one.to))) {
    const at = spotOf(code);
    if (!at) continue;
    context.moveTo(at.x + 4, at.y);
    context.arc(at.x, at.y, 4, 0, 2 * Math.PI);
  }
  context.fill();
}

// As it is shown, larger, on paper.
export function pictureOf(flows: readonly Flow[]): Promise<Blob | null> {
  const canvas = blank(PICTURE);
  draw(canvas, flows);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

export function FlowMap({ flows, shows }: { flows: Flows; shows?: (flows: readonly Flow[]) => void }) {
  const { periods } = flows;
  const [at, setAt] = useState(periods.length - 1);
  const [playing, setPlaying] = useState(false);
  const [points, setPoints] = useState(0);
  const canvas = useRef<HTMLCanvasElement>(null);
  const period = periods[Math.min(at, periods.length - 1)] ?? '';
  const shown = useMemo(() => flows.in(period), [flows, period]);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setAt((now) => (now + 1) % periods.length), 1_200);
    return () => clearInterval(timer);
  }, [playing, periods.length]);
  useLayoutEffect(() => {
    const box = canvas.current;
    if (!box) return;
    const measure = () => setPoints(Math.max(320, Math.min(PICTURE, Math.round(box.clientWidth * Math.min(2, devicePixelRatio)))));
    measure();
    const watched = new ResizeObserver(measure);
    watched.observe(box);
    return () => watched.disconnect();
  }, [periods.length === 0]);
  useLayoutEffect(() => {
    if (!canvas.current || points === 0) return;
    if (canvas.current.width !== points) {
      canvas.current.width = points;
      canvas.current.height = Math.round(points * HEIGHT / WIDTH);
    }
    draw(canvas.current, shown);
    shows?.(shown);
  }, [shown, points]);
  if (periods.length === 0) return null;
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
        <ol class="lines wide">{shown.slice(0, 12).map((one) => <li key={`${one.from} ${one.to}`}>{partyName(one.from)} → {partyName(one.to)}: {formatNumber(one.value)}</li>)}</ol>
      </figcaption>
    </figure>
  );
}
