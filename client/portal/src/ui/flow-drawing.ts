// Draws flows on a canvas or as SVG, an arc each, wider and darker with the figure. Told where time goes: a browser without a graphics
// card draws a line of at most one point ten times as fast as one that is wider, and a clipped one at half the speed.
import type { Flows, Pair } from '../lib/flows';
import { edge, height, land, width } from '../lib/world';

const WIDTHS = 16; // steps of width: arcs of one step are one stroke, so that ten thousand cost sixteen
const INK = 900; // the widths of all arcs, in shares of the widest: where they are more, all are thinner, and the land is still seen
const DOT = 4; // of a destination

interface Colours {
  land: string;
  line: string;
  arc: string;
  end: string;
}
// As the style sheet has them for `canvas` now: light or dark.
export function coloursOf(canvas: HTMLCanvasElement): Colours {
  const { fill, stroke, color, caretColor } = getComputedStyle(canvas);
  return { land: fill, line: stroke, arc: color, end: caretColor };
}

export function blank(points: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  resize(canvas, points);
  return canvas;
}
export function resize(canvas: HTMLCanvasElement, points: number): void {
  if (canvas.width === points) return;
  canvas.width = points;
  canvas.height = Math.round(points * height / width);
}

// The land below, of one size and look: drawn once.
let ground: { canvas: HTMLCanvasElement; of: string } | undefined;
function groundOf(points: number, colours: Colours): HTMLCanvasElement {
  const of = `${points} ${colours.land} ${colours.line}`;
  if (ground?.of === of) return ground.canvas;
  const canvas = blank(points);
  const context = canvas.getContext('2d');
  if (context) {
    context.scale(points / width, points / width);
    const path = new Path2D(land);
    context.fillStyle = colours.land;
    context.fill(path);
    context.strokeStyle = colours.line;
    context.lineWidth = 0.5;
    context.stroke(path);
  }
  ground = { canvas, of };
  return canvas;
}

type Pen = Pick<CanvasPath, 'moveTo' | 'quadraticCurveTo'>;
// A curve between two places, bent a little to the side.
function trace(pen: Pen, ax: number, ay: number, bx: number, by: number): void {
  pen.moveTo(ax, ay);
  pen.quadraticCurveTo((ax + bx) / 2 - (by - ay) / 8, (ay + by) / 2 - Math.abs(bx - ax) / 8, bx, by);
}
const within = (pen: Pen, { start, end }: Pair) => trace(pen, start.x, start.y, end.x, end.y);
// Out at one edge of the map and in at the other.
function over(pen: Pen, { start, end }: Pair): void {
  const east = start.longitude > end.longitude ? 1 : -1;
  trace(pen, start.x, start.y, end.x + east * end.turn, end.y);
  trace(pen, start.x - east * start.turn, start.y, end.x, end.y);
}

// One for each step of width, and the pairs that are drawn with it.
interface Stroke {
  width: number;
  alpha: number;
  within: Pair[];
  over: Pair[]; // over the edge of the map
}
function strokesOf({ pairs }: Flows, sums: Float64Array, scale: number): Stroke[] {
  const most = sums.reduce((a, b) => Math.max(a, b), 1);
  let all = 0;
  for (const value of sums) all += Math.sqrt(value / most);
  const thinner = Math.min(1, INK / all);
  const strokes = Array.from({ length: WIDTHS }, (_, step): Stroke => {
    const share = (step + 0.5) / WIDTHS;
    const wide = Math.max(0.6, (0.6 + 7 * share) * thinner);
    // Many thin lines of between one point and two are drawn as one point, and as much darker or lighter.
    const drawn = thinner < 1 && wide * scale < 2 ? Math.min(wide, 1 / scale) : wide;
    return { width: drawn, alpha: Math.min(1, (0.25 + 0.6 * share) * Math.max(0.4, Math.sqrt(thinner)) * wide / drawn), within: [], over: [] };
  });
  sums.forEach((value, at) => {
    const pair = pairs[at];
    const stroke = strokes[Math.min(WIDTHS - 1, Math.floor(Math.sqrt(value / most) * WIDTHS))];
    if (value > 0 && pair && stroke) (Math.abs(pair.start.longitude - pair.end.longitude) > 180 ? stroke.over : stroke.within).push(pair);
  });
  return strokes;
}

// Each stroke's pairs as one path.
function drawArcs(context: CanvasRenderingContext2D, strokes: Stroke[], which: 'within' | 'over'): void {
  const add = which === 'within' ? within : over;
  for (const stroke of strokes) {
    if (stroke[which].length === 0) continue;
    context.globalAlpha = stroke.alpha;
    context.lineWidth = stroke.width;
    context.beginPath();
    for (const pair of stroke[which]) add(context, pair);
    context.stroke();
  }
  context.globalAlpha = 1;
}

const endsOf = ({ pairs }: Flows, sums: Float64Array) => new Set(pairs.flatMap((pair, at) => (sums[at] ?? 0) > 0 ? [pair.end] : []));

export function draw(canvas: HTMLCanvasElement, flows: Flows, period: string, colours: Colours): void {
  const context = canvas.getContext('2d');
  const sums = flows.sums.get(period);
  if (!context || !sums) return;
  const scale = canvas.width / width;
  const strokes = strokesOf(flows, sums, scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineCap = 'round';
  context.strokeStyle = colours.arc;
  if (strokes.some((one) => one.over.length > 0)) { // what is beyond the edge is erased again
    drawArcs(context, strokes, 'over');
    context.globalCompositeOperation = 'destination-in';
    context.fill(new Path2D(edge));
    context.globalCompositeOperation = 'source-over';
  }
  drawArcs(context, strokes, 'within');
  context.globalCompositeOperation = 'destination-over'; // the land below what is drawn
  context.drawImage(groundOf(canvas.width, colours), 0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
  context.fillStyle = colours.end;
  context.beginPath();
  for (const { x, y } of endsOf(flows, sums)) {
    context.moveTo(x + DOT, y);
    context.arc(x, y, DOT, 0, 2 * Math.PI);
  }
  context.fill();
}

// The same as SVG, which says by itself what it is of.
export function svgOf(flows: Flows, period: string, colours: Colours, title: string): string {
  const sums = flows.sums.get(period) ?? new Float64Array();
  const strokes = strokesOf(flows, sums, 1);
  const paths = (which: 'within' | 'over') => strokes.filter((one) => one[which].length > 0).map((one) => {
    const steps: string[] = [];
    const pen: Pen = { moveTo: (x, y) => void steps.push(`M${x.toFixed(1)},${y.toFixed(1)}`), quadraticCurveTo: (cx, cy, x, y) => void steps.push(`Q${[cx, cy, x, y].map((of) => of.toFixed(1)).join()}`) };
    for (const pair of one[which]) (which === 'within' ? within : over)(pen, pair);
    return `<path d="${steps.join('')}" stroke-width="${one.width.toFixed(2)}" stroke-opacity="${one.alpha.toFixed(3)}"/>`;
  }).join('');
  const words = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><title>${words}</title><clipPath id="globe"><path d="${edge}"/></clipPath>`
    + `<path d="${land}" fill="${colours.land}" stroke="${colours.line}" stroke-width="0.5"/><g fill="none" stroke="${colours.arc}" stroke-linecap="round"><g clip-path="url(#globe)">${paths('over')}</g>${paths('within')}</g>`
    + `<g fill="${colours.end}">${[...endsOf(flows, sums)].map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="${DOT}"/>`).join('')}</g></svg>`;
}
