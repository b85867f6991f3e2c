// Where somebody stood, on the pitch from above: a cell a pixel, enlarged smoothly; hatched where never in view. A click
// tells the cell. Everything that comes from data is drawn or set as text, never made markup.

const MARGIN_M = 2;
const HATCH_EVERY_M = 2;
const HATCH_M = 1.6;

export default function (component) {
  const { data, parentElement } = component;
  if (!parentElement.heat) parentElement.heat = build(parentElement);
  const heat = parentElement.heat;
  heat.component = component;
  heat.data = data;
  heat.cells = paint(data);
  heat.canvas.setAttribute("aria-label", data.texts.title);
  draw(heat);
  return () => { heat.watcher.disconnect(); parentElement.heat = undefined; };
}

function build(root) {
  const heat = { canvas: root.querySelector(".heat"), tip: root.querySelector(".tip") };
  heat.watcher = new ResizeObserver(() => { if (heat.canvas.clientWidth !== heat.width) draw(heat); });
  heat.watcher.observe(heat.canvas);
  heat.canvas.onclick = (event) => heat.component.setTriggerValue("cell", { cell: cellAt(heat, event) });
  heat.canvas.onmousemove = (event) => tell(heat, event);
  heat.canvas.onmouseleave = () => { heat.tip.hidden = true; };
  return heat;
}

function paint({ seconds, colours }) {
  const rows = seconds.length, columns = seconds[0].length;
  const cells = new OffscreenCanvas(columns, rows);
  const g = cells.getContext("2d");
  const picture = g.createImageData(columns, rows);
  const peak = Math.max(...seconds.map((row) => Math.max(...row)));
  const [ground, top] = [channels(colours.background), channels(colours.heat)];
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const value = seconds[rows - 1 - y][x]; // the pitch's y goes up
      const strength = peak > 0 && value !== null ? Math.sqrt(value / peak) : 0;
      const at = 4 * (y * columns + x);
      for (let i = 0; i < 3; i += 1) picture.data[at + i] = Math.round(ground[i] + (top[i] - ground[i]) * strength);
      picture.data[at + 3] = 255;
    }
  }
  g.putImageData(picture, 0, 0);
  return cells;
}

function channels(colour) {
  return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
}

function draw(heat) {
  const { canvas, data, cells } = heat;
  const width = canvas.clientWidth;
  if (!width || !data) return;
  heat.width = width;
  heat.scale = width / (data.length + 2 * MARGIN_M);
  const height = heat.scale * (data.width + 2 * MARGIN_M);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = `${height}px`;
  const g = canvas.getContext("2d");
  const unit = heat.scale * ratio;
  // In metres, y up.
  g.setTransform(unit, 0, 0, -unit, MARGIN_M * unit, (data.width + MARGIN_M) * unit);
  g.save();
  g.beginPath();
  g.rect(0, 0, data.length, data.width);
  g.clip();
  g.imageSmoothingEnabled = true;
  g.translate(0, cells.height);
  g.scale(1, -1);
  g.drawImage(cells, 0, 0);
  g.restore();
  g.strokeStyle = data.colours.line;
  g.lineWidth = 0.7 / heat.scale;
  hatch(g, data);
  g.lineWidth = 1.2 / heat.scale;
  for (const line of data.lines) {
    g.beginPath();
    line.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.stroke();
  }
}

function hatch(g, { seconds }) {
  g.beginPath();
  for (let y = 0; y < seconds.length; y += HATCH_EVERY_M) {
    for (let x = 0; x < seconds[0].length; x += HATCH_EVERY_M) {
      if (seconds[y][x] !== null) continue;
      g.moveTo(x, y);
      g.lineTo(x + HATCH_M, y + HATCH_M);
    }
  }
  g.stroke();
}

function cellAt(heat, event) {
  const box = heat.canvas.getBoundingClientRect();
  const x = Math.floor((event.clientX - box.left) / heat.scale - MARGIN_M);
  const y = Math.floor(heat.data.width + MARGIN_M - (event.clientY - box.top) / heat.scale);
  const row = heat.data.seconds[y];
  return row !== undefined && row[x] !== undefined ? [x, y] : null;
}

function tell(heat, event) {
  const cell = cellAt(heat, event);
  const value = cell && heat.data.seconds[cell[1]][cell[0]];
  heat.tip.hidden = value === null;
  heat.canvas.style.cursor = cell ? "pointer" : "default";
  if (value === null) return;
  const seen = heat.data.seen[cell[1]][cell[0]];
  heat.tip.textContent = `${heat.data.texts.seconds}: ${value.toFixed(2)}\n${heat.data.texts.seen}: ${seen}`;
  const box = heat.canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const isRight = x > box.width / 2;
  heat.tip.style.left = isRight ? "auto" : `${x + 14}px`;
  heat.tip.style.right = isRight ? `${box.width - x + 14}px` : "auto";
  heat.tip.style.top = `${Math.max(0, y - 20)}px`;
}
