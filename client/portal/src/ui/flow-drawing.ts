// Draws flows on a canvas, an arc each, wider and darker with the figure. Told where time goes: a browser without a graphics
// card draws a line of at most one point ten times as fast as one that is wider, and a clipped one at half the speed.
import type { Flows } from '../lib/flows';
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

// A curve between two places, bent a little to the side.
function trace(context: CanvasRenderingContext2D, ax: number, ay: number, bx: number, by: number): void {
  context.moveTo(ax, ay);
  context.quadraticCurveTo((ax + bx) / 2 - (by - ay) / 8, (ay + by) / 2 - Math.abs(bx - ax) / 8, bx, by);
}

// A pen for each step of width, and the pairs that are drawn with it.
interface Stroke {
  width: number;
  alpha: number;
  within: number[];
  over: number[]; // over the edge of the map
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
    if (value > 0 && pair && stroke) (Math.abs(pair.start.longitude - pair.end.longitude) > 180 ? stroke.over : stroke.within).push(at);
  });
  return strokes;
}

// Each stroke's pairs as one path.
function drawArcs(context: CanvasRenderingContext2D, strokes: Stroke[], which: 'within' | 'over', add: (pair: number) => void): void {
  for (const stroke of strokes) {
    if (stroke[which].length === 0) continue;
    context.globalAlpha = stroke.alpha;
    context.lineWidth = stroke.width;
    context.beginPath();
    stroke[which].forEach(add);
    context.stroke();
  }
  context.globalAlpha = 1;
}

export function draw(canvas: HTMLCanvasElement, flows: Flows, period: string, colours: Colours): void {
  const context = canvas.getContext('2d');
  const sums = flows.sums.get(period);
  if (!context || !sums) return;
  const { pairs } = flows;
  const scale = canvas.width / width;
  const strokes = strokesOf(flows, sums, scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineCap = 'round';
  context.strokeStyle = colours.arc;
  if (strokes.some((one) => one.over.length > 0)) { // out at one edge and in at the other: what is beyond goes
    drawArcs(context, strokes, 'over', (at) => {
      const pair = pairs[at];
      if (!pair) return;
      const { start, end } = pair;
      const east = start.longitude > end.longitude ? 1 : -1;
      trace(context, start.x, start.y, end.x + east * end.turn, end.y);
      trace(context, start.x - east * start.turn, start.y, end.x, end.y);
    });
    context.globalCompositeOperation = 'destination-in';
    context.fill(new Path2D(edge));
    context.globalCompositeOperation = 'source-over';
  }
  drawArcs(context, strokes, 'within', (at) => {
    const pair = pairs[at];
    if (pair) trace(context, pair.start.x, pair.start.y, pair.end.x, pair.end.y);
  });
  context.globalCompositeOperation = 'destination-over'; // the land below what is drawn
  context.drawImage(groundOf(canvas.width, colours), 0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
  const ends = new Set(pairs.flatMap((pair, at) => (sums[at] ?? 0) > 0 ? [pair.end] : []));
  context.fillStyle = colours.end;
  context.beginPath();
  for (const { x, y } of ends) {
    context.moveTo(x + DOT, y);
    context.arc(x, y, DOT, 0, 2 * Math.PI);
  }
  context.fill();
}
