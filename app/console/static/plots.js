// Draws each plot from the table behind it. Without this script the tables say the same.
"use strict";

const FORMATS = {
  "24h": { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  "7d": { day: "numeric", month: "short" },
  "90d": { day: "numeric", month: "short" },
};
const COLOURS = ["#2f7fc1", "#c2571a", "#3c9a4e", "#a55fb8", "#8d7a1f", "#d0437a", "#4a8f9f", "#7f7f7f"];

const ofPage = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function read(table) {
  const headings = [...table.tHead.rows[0].cells].slice(1);
  const rows = [...table.tBodies[0].rows];
  return {
    headings,
    times: rows.map((row) => Date.parse(row.querySelector("time").dateTime) / 1000),
    columns: headings.map((_, at) => rows.map((row) => {
      const number = Number.parseFloat(row.cells[at + 1].textContent.replaceAll(",", ""));
      return Number.isNaN(number) ? null : number;
    })),
  };
}

function axis(more) {
  const line = { stroke: ofPage("--line"), width: 1 };
  return { stroke: ofPage("--faint"), grid: line, ticks: line, font: "12px system-ui", ...more };
}

function draw(place) {
  const { headings, times, columns } = read(document.getElementById(place.dataset.table));
  const format = new Intl.DateTimeFormat(undefined, FORMATS[place.dataset.span]);
  const beside = headings.find((heading) => heading.dataset.beside);
  const axes = [
    axis({ values: (_, splits) => splits.map((at) => format.format(new Date(at * 1000))), space: 70 }),
    axis({ label: place.dataset.unit, labelFont: "12px system-ui", size: 60 }),
  ];
  if (beside) {
    axes.push(axis({ scale: "beside", side: 1, label: beside.dataset.beside, labelFont: "12px system-ui",
      grid: { show: false } }));
  }
  const { series, data } = beside ? lines(headings, columns) : bars(headings, columns);
  const from = { range: (_, low, high) => [0, Math.max(1, high * 1.1)] };
  const step = times[1] - times[0];
  place.hidden = false;
  place.replaceChildren();
  return new uPlot(
    {
      width: place.clientWidth,
      height: 240,
      scales: { x: { range: [times[0], times.at(-1) + step] }, y: from, beside: from },
      axes,
      series: [{ value: (_, at) => (at === null ? "–" : new Date(at * 1000).toLocaleString()) }, ...series],
      cursor: { drag: { x: false, y: false } },
    },
    [times, ...data],
    place,
  );
}

// Counts stand on one another: the sum of the first n is drawn before the sum of fewer, which covers it.
function bars(headings, columns) {
  const sums = [];
  columns.forEach((column, at) => sums.push(column.map((count, row) => count + (at ? sums[at - 1][row] : 0))));
  const order = headings.map((_, at) => at).reverse();
  return {
    data: order.map((at) => sums[at]),
    series: order.map((at) => ({
      label: headings[at].textContent,
      stroke: COLOURS[at % COLOURS.length],
      fill: COLOURS[at % COLOURS.length],
      paths: uPlot.paths.bars({ size: [0.8, 60], align: 1 }),
      points: { show: false },
      value: (_, sum, __, row) => (row === null ? "–" : columns[at][row]),
    })),
  };
}

function lines(headings, columns) {
  return {
    data: columns,
    series: headings.map((heading, at) => ({
      label: heading.textContent,
      stroke: COLOURS[at % COLOURS.length],
      dash: heading.dataset.beside ? [3, 4] : [],
      width: 2,
      scale: heading.dataset.beside ? "beside" : "y",
      // What is beside jumps between few values: points show that, and a line would hide all else.
      paths: heading.dataset.beside ? () => null : undefined,
      points: { show: Boolean(heading.dataset.beside), size: 5 },
      value: (_, number) => number ?? "–",
    })),
  };
}

for (const place of document.querySelectorAll(".plot")) {
  let plot = draw(place);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 240 })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    plot.destroy();
    plot = draw(place);
  });
}
