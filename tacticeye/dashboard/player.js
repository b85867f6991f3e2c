// The video beside the numbers: stands where an event is, to fractions of a second, and answers to the keyboard.
// Everything that comes from data is set as text, never as markup.

const BEFORE_S = 1.0; // an event is watched from this long before it
const STEP_S = 2.0;

export default function (component) {
  const { data, parentElement } = component;
  if (!parentElement.player) parentElement.player = build(parentElement);
  const player = parentElement.player;
  player.component = component;
  update(player, data);
  return () => {
    document.removeEventListener("keydown", player.onKey, true);
    player.video.pause();
    parentElement.player = undefined;
  };
}

function build(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const player = { video: find("video"), problem: find("problem"), label: find("label"), time: find("time"),
    previous: find("previous"), next: find("next"), help: find("help"), seek: 0, events: [], selected: null };
  player.onKey = (event) => onKey(player, event);
  document.addEventListener("keydown", player.onKey, true);
  player.previous.onclick = () => step(player, -1);
  player.next.onclick = () => step(player, 1);
  player.video.ontimeupdate = () => { player.time.textContent = clock(player.video.currentTime); };
  player.video.onpause = () => player.component.setStateValue("time", player.video.currentTime);
  player.video.onerror = () => { player.problem.hidden = false; player.video.hidden = true; };
  return player;
}

function update(player, data) {
  const { video } = player;
  if (video.dataset.source !== data.source) {
    video.dataset.source = data.source;
    video.src = data.source;
    video.hidden = false;
    player.problem.hidden = true;
  }
  player.problem.textContent = data.texts.problem;
  player.help.textContent = data.texts.help;
  player.previous.textContent = `◀ ${data.texts.previous}`;
  player.next.textContent = `${data.texts.next} ▶`;
  player.events = data.events;
  player.selected = data.selected;
  player.label.textContent = data.label;
  if (data.seek && data.seek.number !== player.seek) {
    player.seek = data.seek.number;
    stand(player, data.seek.t);
  }
}

function stand(player, t) {
  player.video.currentTime = Math.max(0, t - BEFORE_S);
  const started = player.video.play();
  if (started) started.catch(() => undefined); // a browser that wants a press first shows the picture meanwhile
}

function step(player, direction) {
  const { events } = player;
  if (!events.length) return;
  const now = player.video.currentTime;
  const at = events.findIndex((event) => event.id === player.selected);
  let to = at + direction;
  if (at < 0) {
    const later = events.findIndex((event) => event.t > now);
    to = direction > 0 ? (later < 0 ? events.length - 1 : later) : (later < 0 ? events.length : later) - 1;
  }
  const event = events[Math.min(Math.max(to, 0), events.length - 1)];
  player.selected = event.id;
  stand(player, event.t);
  player.component.setTriggerValue("step", event.id);
}

function onKey(player, event) {
  const { video } = player;
  const target = event.composedPath()[0];
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName || "") || target.isContentEditable;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    " ": () => (video.paused ? video.play().catch(() => undefined) : video.pause()),
    ArrowLeft: () => { video.currentTime = Math.max(0, video.currentTime - STEP_S); },
    ArrowRight: () => { video.currentTime += STEP_S; },
    n: () => step(player, 1),
    p: () => step(player, -1),
  }[event.key] || (/^[1-5]$/.test(event.key) && player.selected !== null
    ? () => player.component.setTriggerValue("tag", { event: player.selected, tag: Number(event.key) })
    : undefined);
  if (!act || (target.tagName === "BUTTON" && event.key === " ")) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function clock(t) {
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  return `${two(t / 60)}:${two(t % 60)}.${Math.floor((t % 1) * 10)}`;
}
