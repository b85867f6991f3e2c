// Landmarks of the pitch set on a frame of the video: choose one on the small pitch, click it in the picture under a
// lens, and see the pitch that follows drawn over the picture. Everything that comes from data is drawn, never markup.

const LENS_ZOOM = 5;
const LENS_PX = 150;
const NEAR_PX = 12; // of the picture as shown: a click on a set landmark takes it away

export default function (component) {
  const { data, parentElement } = component;
  if (!parentElement.tool) parentElement.tool = build(parentElement);
  const tool = parentElement.tool;
  tool.component = component;
  update(tool, data);
  return () => { tool.isGone = true; parentElement.tool = undefined; };
}

function build(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const tool = { video: find("video"), canvas: find("frame"), lens: find("lens"), map: find("map"), name: find("name"),
    problem: find("problem"), selected: 0, points: [], pointer: null, isGone: false, version: -1 };
  tool.video.onseeked = () => draw(tool);
  tool.video.onloadeddata = () => draw(tool);
  tool.video.onerror = () => { tool.problem.hidden = false; };
  tool.canvas.onclick = (event) => click(tool, event);
  tool.canvas.onmousemove = (event) => { tool.pointer = place(tool, event); drawLens(tool); };
  tool.canvas.onmouseleave = () => { tool.pointer = null; drawLens(tool); };
  tool.map.onclick = (event) => choose(tool, event);
  return tool;
}

function update(tool, data) {
  tool.data = data;
  tool.problem.textContent = data.texts.problem;
  if (tool.video.dataset.source !== data.source) {
    tool.video.dataset.source = data.source;
    tool.video.src = data.source;
  }
  // Another frame has landmarks of its own.
  if (tool.version !== data.version || tool.t !== data.t) {
    tool.version = data.version;
    tool.points = data.points;
  }
  if (tool.t !== data.t) {
    tool.t = data.t;
    tool.video.currentTime = data.t + 0.001;
  }
  draw(tool);
  drawMap(tool);
}

function place(tool, event) {
  const box = tool.canvas.getBoundingClientRect();
  const scale = tool.data.size[0] / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale, scale];
}

function click(tool, event) {
  const [x, y, scale] = place(tool, event);
  const hit = tool.points.findIndex(([, px, py]) => Math.hypot(px - x, py - y) < NEAR_PX * scale);
  if (hit >= 0) {
    tool.selected = tool.points[hit][0];
    tool.points = tool.points.filter((_, i) => i !== hit);
  } else {
    tool.points = tool.points.filter(([landmark]) => landmark !== tool.selected);
    tool.points.push([tool.selected, Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
  }
  draw(tool);
  drawMap(tool);
  tool.component.setStateValue("points", { t: tool.data.t, points: tool.points });
}

function choose(tool, event) {
  const box = tool.map.getBoundingClientRect();
  const x = event.clientX - box.left;
  const y = event.clientY - box.top;
  let best = null;
  tool.data.landmarks.forEach((landmark, i) => {
    if (!landmark) return;
    const [px, py] = onMap(tool, landmark);
    const away = Math.hypot(px - x, py - y);
    if (best === null || away < best.away) best = { i, away };
  });
  if (best) tool.selected = best.i;
  drawMap(tool);
}

function draw(tool) {
  const { canvas, video, data } = tool;
  if (!data) return;
  [canvas.width, canvas.height] = data.size;
  const g = canvas.getContext("2d");
  if (video.readyState >= 2) g.drawImage(video, 0, 0, data.size[0], data.size[1]);
  else { g.fillStyle = "#222"; g.fillRect(0, 0, canvas.width, canvas.height); }
  const unit = data.size[0] / 1280;
  g.lineWidth = 2 * unit;
  g.strokeStyle = "#ff3d7f";
  for (const line of data.lines) {
    g.beginPath();
    line.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.stroke();
  }
  g.font = `${16 * unit}px sans-serif`;
  for (const [landmark, x, y] of tool.points) {
    g.strokeStyle = "#00e5ff";
    g.lineWidth = 2 * unit;
    g.beginPath();
    g.moveTo(x - 9 * unit, y); g.lineTo(x + 9 * unit, y);
    g.moveTo(x, y - 9 * unit); g.lineTo(x, y + 9 * unit);
    g.stroke();
    const residual = data.residuals[String(landmark)];
    if (residual === undefined) continue;
    const text = `${residual.toFixed(2)} m`;
    g.fillStyle = "rgba(0, 0, 0, 0.65)";
    g.fillRect(x + 10 * unit, y - 22 * unit, g.measureText(text).width + 8 * unit, 22 * unit);
    g.fillStyle = "#fff";
    g.fillText(text, x + 14 * unit, y - 6 * unit);
  }
  drawLens(tool);
}

function drawLens(tool) {
  const { lens, canvas, pointer } = tool;
  lens.hidden = !pointer;
  if (!pointer) return;
  lens.width = lens.height = LENS_PX;
  const g = lens.getContext("2d");
  const source = (LENS_PX / LENS_ZOOM) * (tool.data.size[0] / canvas.clientWidth);
  g.imageSmoothingEnabled = false;
  g.drawImage(canvas, pointer[0] - source / 2, pointer[1] - source / 2, source, source, 0, 0, LENS_PX, LENS_PX);
  g.strokeStyle = "#ffeb3b";
  g.beginPath();
  g.moveTo(LENS_PX / 2, 0); g.lineTo(LENS_PX / 2, LENS_PX);
  g.moveTo(0, LENS_PX / 2); g.lineTo(LENS_PX, LENS_PX / 2);
  g.stroke();
  const left = (pointer[0] / tool.data.size[0]) * canvas.clientWidth;
  const top = (pointer[1] / tool.data.size[1]) * canvas.clientHeight;
  lens.style.left = `${left + (left > canvas.clientWidth / 2 ? -LENS_PX - 24 : 24)}px`;
  lens.style.top = `${Math.max(0, Math.min(canvas.clientHeight - LENS_PX, top - LENS_PX / 2))}px`;
}

function onMap(tool, [x, y]) {
  const scale = tool.map.clientWidth / (tool.data.length + 8);
  return [(x + 4) * scale, (tool.data.width + 4 - y) * scale];
}

function drawMap(tool) {
  const { map, data } = tool;
  const width = map.clientWidth || 300;
  map.width = width;
  map.height = Math.round((width / (data.length + 8)) * (data.width + 8));
  map.style.height = `${map.height}px`;
  const g = map.getContext("2d");
  g.clearRect(0, 0, map.width, map.height);
  g.strokeStyle = "#8a948d";
  for (const line of data.markings) {
    g.beginPath();
    line.forEach((point, i) => { const [x, y] = onMap(tool, point); if (i) g.lineTo(x, y); else g.moveTo(x, y); });
    g.stroke();
  }
  const taken = new Set(tool.points.map(([landmark]) => landmark));
  data.landmarks.forEach((landmark, i) => {
    if (!landmark) return;
    const [x, y] = onMap(tool, landmark);
    g.beginPath();
    g.arc(x, y, i === tool.selected ? 7 : 4.5, 0, 2 * Math.PI);
    g.fillStyle = i === tool.selected ? "#ff3d7f" : taken.has(i) ? "#00a8bd" : "#c9cfca";
    g.fill();
  });
  tool.name.textContent = data.names[tool.selected];
}
