import uPlot from 'uplot';
import { html, useEffect, useRef } from '../shared/html.js';

const COLOURS = ['--accent', '--green', '--ink'];

/** Lines over days. A picture for the eye; the table beside it says the same to everybody. @param {{label: string, days: string[], series: {label: string, values: number[]}[], theme: string}} p */
export function Chart({ label, days, series, language }) {
  const box = useRef(null);
  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const paint = (name) => { box.current.style.color = `var(${name})`; return getComputedStyle(box.current).color; };
    const ink = paint('--soft');
    const line = paint('--line');
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: `12px ${style.getPropertyValue('font-family') || 'sans-serif'}` };
    const short = (s) => new Date(s * 1000).toLocaleDateString(language === 'zh' ? 'zh-CN' : 'en', { month: 'short', day: 'numeric', timeZone: 'UTC' });
    const lines = series.map((s, i) => ({ label: s.label, stroke: paint(COLOURS[i]), width: 2.2, points: { size: 6 } }));
    const plot = new uPlot({
      width: box.current.clientWidth, height: 220, legend: { show: true, live: false }, cursor: { show: false }, scales: { x: { time: true }, y: { range: (u, lo, hi) => [0, Math.max(hi, 1) * 1.1] } },
      axes: [{ ...axis, values: (u, at) => at.map(short), space: 70 }, { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000] }], series: [{}, ...lines], tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'UTC'),
    }, [days.map((d) => Date.parse(`${d}T00:00:00Z`) / 1000), ...series.map((s) => s.values)], box.current);
    const watch = new ResizeObserver(([entry]) => plot.setSize({ width: Math.round(entry.contentRect.width), height: 220 }));
    watch.observe(box.current);
    return () => { watch.disconnect(); plot.destroy(); };
  }, [days, series, language, document.documentElement.dataset.theme]);
  return html`<div class="chart" ref=${box} role="img" aria-label=${label} />`;
}
