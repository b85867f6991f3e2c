// The pitch from above in step with the video: people, ball, trails and the ground in view. One clock for both: the
// video's where it can be played, our own where it can't. Everything that comes from data is drawn, never made markup.

const TRAIL_S = 2.0;
const LONGEST_GAP_S = 0.5; // older than this, a place is not shown as if it were now
const MARGIN_M = 3;

export default function (component) {
  const { data, parentElement } = component;
  if (!parentElement.radar) parentElement.radar = build(parentElement);
  update(parentElement.radar, data);
  return () => {
    parentElement.radar.isGone = true;
    parentElement.radar.video.pause();
    parentElement.radar = undefined;
  };
}

function build(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const radar = { video: find("video"), canvas: find("pitch"), scrubber: find("scrubber"), time: find("time"),
    play: find("play"), note: find("note"), t: null, isPlaying: false, last: 0, hasVideo: true, isGone: false };
  radar.play.onclick = () => setPlaying(radar, !radar.isPlaying);
  radar.scrubber.oninput = () => stand(radar, Number(radar.scrubber.value));
  radar.video.onerror = () => { radar.hasVideo = false; radar.video.hidden = true; };
  radar.video.onpause = () => { if (radar.hasVideo) radar.isPlaying = false; };
  radar.video.onplay = () => { radar.isPlaying = true; };
  const tick = (now) => {
    if (radar.isGone) return;
    advance(radar, now);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  return radar;
}

function update(radar, data) {
  const isOther = !radar.data || radar.data.source !== data.source || radar.data.start !== data.start;
  radar.data = data;
  if (radar.video.dataset.source !== data.source) {
    radar.video.dataset.source = data.source;
    radar.video.src = data.source;
    radar.video.hidden = false;
    radar.hasVideo = true;
  }
  radar.scrubber.min = data.start;
  radar.scrubber.max = data.end;
  radar.note.textContent = data.texts.note;
  if (isOther || radar.t === null) stand(radar, data.start);
  draw(radar);
}

function setPlaying(radar, isPlaying) {
  radar.isPlaying = isPlaying;
  if (!radar.hasVideo) return;
  if (isPlaying) radar.video.play().catch(() => { radar.hasVideo = false; });
  else radar.video.pause();
}

function stand(radar, t) {
  radar.t = t;
  if (radar.hasVideo) radar.video.currentTime = t;
}

function advance(radar, now) {
  const step = (now - radar.last) / 1000;
  radar.last = now;
  if (!radar.data) return;
  if (radar.hasVideo && radar.isPlaying) radar.t = radar.video.currentTime;
  else if (radar.isPlaying) radar.t += step;
  if (radar.t >= radar.data.end) { radar.t = radar.data.end; setPlaying(radar, false); }
  const shown = radar.t.toFixed(2);
  const width = radar.canvas.clientWidth;
  if (shown === radar.shown && radar.data === radar.drawn && width === radar.width) return;
  radar.width = width;
  radar.shown = shown;
  radar.drawn = radar.data;
  draw(radar);
}

function draw(radar) {
  const { canvas, data, t } = radar;
  const width = canvas.clientWidth || 600;
  const scale = width / (data.length + 2 * MARGIN_M);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = scale * (data.width + 2 * MARGIN_M) * ratio;
  canvas.style.height = `${canvas.height / ratio}px`;
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  const at = ([x, y]) => [(x + MARGIN_M) * scale, (data.width + MARGIN_M - y) * scale];
  g.fillStyle = data.colours.background;
  g.fillRect(0, 0, width, canvas.height);
  const moments = data.moments;
  let now = -1;
  for (let i = 0; i < moments.length && moments[i].t <= t + 0.05; i += 1) now = i;
  const moment = now >= 0 && t - moments[now].t < LONGEST_GAP_S ? moments[now] : null;
  if (moment && moment.area.length > 2) {
    g.fillStyle = data.colours.area;
    path(g, moment.area.map(at));
    g.fill();
  }
  g.strokeStyle = data.colours.line;
  g.lineWidth = 1;
  for (const line of data.lines) { path(g, line.map(at), false); g.stroke(); }
  if (moment) {
    trails(g, moments, now, t, at, data);
    people(g, moment, at, data, scale);
  }
  radar.scrubber.value = t;
  radar.play.textContent = radar.isPlaying ? "❚❚" : "▶";
  const error = moment && moment.error !== null ? ` ± ${moment.error.toFixed(1)} m` : ` ${data.texts.unknown}`;
  radar.time.textContent = clock(t) + error;
}

function trails(g, moments, now, t, at, data) {
  const lines = new Map();
  for (let i = now; i >= 0 && t - moments[i].t < TRAIL_S; i -= 1) {
    for (const [track, team, , x, y] of moments[i].people) {
      if (track < 0) continue;
      if (!lines.has(track)) lines.set(track, { team, points: [] });
      lines.get(track).points.push(at([x, y]));
    }
  }
  g.lineWidth = 1.5;
  g.globalAlpha = 0.4;
  for (const { team, points } of lines.values()) {
    g.strokeStyle = data.colours.teams[team] || data.colours.other;
    path(g, points, false);
    g.stroke();
  }
  g.globalAlpha = 1;
}

function people(g, moment, at, data, scale) {
  const radius = Math.max(4, 1.1 * scale);
  g.font = `${Math.max(9, 1.5 * scale)}px sans-serif`;
  g.textAlign = "center";
  for (const [track, team, role, x, y] of moment.people) {
    const [px, py] = at([x, y]);
    g.fillStyle = data.colours.teams[team] || data.colours.other;
    g.beginPath();
    g.arc(px, py, radius, 0, 2 * Math.PI);
    g.fill();
    if (role === 1) { g.strokeStyle = data.colours.line; g.lineWidth = 2; g.stroke(); }
    g.fillStyle = data.colours.text;
    if (track >= 0) g.fillText(data.names[track] || String(track), px, py - radius - 2);
  }
  if (moment.ball) {
    const [px, py] = at(moment.ball);
    g.fillStyle = data.colours.ball;
    g.strokeStyle = moment.flies ? data.colours.ball : data.colours.text;
    g.lineWidth = 1;
    g.beginPath();
    g.arc(px, py, Math.max(3, 0.7 * scale), 0, 2 * Math.PI);
    if (!moment.flies) g.fill(); // hollow: a high ball isn't above the ground that it covers
    g.stroke();
  }
}

function path(g, points, isClosed = true) {
  g.beginPath();
  points.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
  if (isClosed) g.closePath();
}

function clock(t) {
  const whole = Math.max(0, Math.floor(t));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}
