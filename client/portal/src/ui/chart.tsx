// A chart of figures, drawn by Observable Plot as SVG in the page's own colours. The table beside it says the same.
import * as Plot from '@observablehq/plot';
import { useEffect, useRef } from 'preact/hooks';
import { isRightToLeft, locale } from '../i18n';
import type { ChartKind, Point } from '../lib/points';


// Told apart by everyone, light and dark (after Okabe and Ito).
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a7500', '#56b4e9', '#8c564b', '#7f7f7f', '#5e3c99', '#b2abd2'];

function drawing(kind: ChartKind, points: Point[], series: string[], width: number): Element {
  const periods = [...new Set(points.map((one) => one.period))].sort();
  const compact = new Intl.NumberFormat(locale(), { notation: 'compact' });
  const narrow = width < 500;
  const every = Math.ceil(periods.length / (narrow ? 5 : 12));
  const x = { domain: periods, label: null, ticks: periods.filter((_, index) => index % every === 0) };
  const y = { label: null, grid: true, tickFormat: (value: number) => compact.format(value), zero: true };
  const common = { width, marginLeft: 56, marginBottom: 34, style: { background: 'transparent', fontSize: '13px', fontFamily: 'inherit', overflow: 'visible' }, color: { domain: series, range: COLOURS } };
  const title = (one: Point) => `${[one.panel, one.series].filter(Boolean).join(', ')}\n${one.period}: ${new Intl.NumberFormat(locale()).format(one.value)}`;
  switch (kind) {
    case 'line':
      return Plot.plot({ ...common, height: 380, x: { ...x, type: 'point' }, y, marks: [Plot.ruleY([0]), Plot.lineY(points, { x: 'period', y: 'value', stroke: 'series', strokeWidth: 2 }),
        Plot.dot(points, { x: 'period', y: 'value', fill: 'series', r: 3, title })] });
    case 'bars':
      return Plot.plot({ ...common, height: 380, x: { ...x, type: 'band' }, y, marks: [Plot.ruleY([0]), Plot.barY(points, { x: 'period', y: 'value', fill: 'series', title, inset: 0.5 })] });
    case 'multiples': {
      const panels = [...new Set(points.map((one) => one.panel))];
      return Plot.plot({ ...common, height: Math.max(220, Math.ceil(panels.length / (narrow ? 1 : 3)) * 150), x: { ...x, type: 'point', ticks: [periods[0] ?? '', periods.at(-1) ?? ''] }, y: { ...y, ticks: 3 },
        fx: { axis: null }, fy: { axis: null }, marks: [
          Plot.frame({ stroke: 'currentColor', strokeOpacity: 0.2 }),
          Plot.lineY(points, { x: 'period', y: 'value', stroke: 'series', strokeWidth: 1.75, ...facet(panels, narrow, (one: Point) => one.panel) }),
          Plot.dot(points, { x: 'period', y: 'value', fill: 'series', r: 2, title, ...facet(panels, narrow, (one: Point) => one.panel) }),
          Plot.text(panels, { text: (one: string) => one, frameAnchor: 'top-left', dx: 4, dy: 4, fontWeight: 'bold', ...facet(panels, narrow, (one: string) => one) })] });
    }
    case 'heat':
      return Plot.plot({ ...common, marginLeft: narrow ? 90 : 150, height: Math.max(160, series.length * 24 + 50), padding: 0.04, x: { ...x, type: 'band' }, y: { label: null, domain: series },
        color: { type: 'linear', scheme: 'YlGnBu' }, marks: [Plot.cell(points, { x: 'period', y: 'series', fill: 'value', title })] });
  }
}

// Each panel in a field of its own, three beside each other.
function facet<T>(panels: string[], narrow: boolean, name: (one: T) => string) {
  const beside = narrow ? 1 : 3;
  return {
    fx: (one: T) => panels.indexOf(name(one)) % beside,
    fy: (one: T) => Math.floor(panels.indexOf(name(one)) / beside),
  };
}

export function Chart({ kind, points, series, label }: { kind: ChartKind; points: Point[]; series: string[]; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const draw = () => {
      const width = Math.max(280, Math.floor(box.clientWidth));
      const svg = drawing(kind, points, series, width);
      // Plot brings a style sheet of its own, which the policy lets nobody do: ours says the same.
      for (const style of svg.querySelectorAll('style')) style.remove();
      // One picture with one name: its parts have none of their own.
      for (const part of svg.querySelectorAll('g[aria-label]')) {
        part.setAttribute('data-mark', part.getAttribute('aria-label') ?? '');
        part.removeAttribute('aria-label');
      }
      svg.setAttribute('role', 'img');
      svg.setAttribute('aria-label', label);
      if (isRightToLeft()) svg.setAttribute('direction', 'ltr');
      box.replaceChildren(svg);
    };
    draw();
    let width = box.clientWidth;
    const watched = new ResizeObserver(() => {
      if (Math.abs(box.clientWidth - width) < 8) return;
      width = box.clientWidth;
      draw();
    });
    watched.observe(box);
    return () => watched.disconnect();
  }, [kind, points, label]);
  return <div class="chart" ref={place} />;
}

export function svgText(svg: SVGElement): string {
  const copy = svg.cloneNode(true) as SVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('color', '#17222c');
  copy.setAttribute('font-family', 'sans-serif');
  return new XMLSerializer().serializeToString(copy);
}

export async function pngOf(svg: SVGElement): Promise<Blob | null> {
  const address = URL.createObjectURL(new Blob([svgText(svg)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = svg.clientWidth * 2;
    canvas.height = svg.clientHeight * 2;
    const context = canvas.getContext('2d');
    if (!context) return null;
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  } finally {
    URL.revokeObjectURL(address);
  }
}
