// Sends a video to the server in parts, straight to its disk; after a broken connection it goes on where it stopped.
// Names are set as text, never as markup.

const PART_BYTES = 8 * 1024 * 1024;
const TRIES = 6;

export default function (component) {
  const { parentElement, data } = component;
  if (!parentElement.uploader) parentElement.uploader = build(parentElement);
  const uploader = parentElement.uploader;
  uploader.component = component;
  uploader.texts = data.texts;
  uploader.address = data.address;
  uploader.headers = { "Accept-Language": data.language };
  // What the server's own pages may show where the API wants its token.
  if (data.pass) uploader.headers.Authorization = `Bearer ${data.pass}`;
  uploader.limit = data.limit_bytes;
  uploader.prompt.textContent = data.texts.prompt;
  uploader.input.accept = data.accept;
  uploader.input.setAttribute("aria-label", data.texts.prompt);
  if (data.uploaded && !uploader.isBusy) tell(uploader, data.texts.done.replace("{name}", data.uploaded), 1);
  return () => { uploader.isGone = true; parentElement.uploader = undefined; };
}

function build(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const uploader = { zone: find("zone"), input: find("input"), prompt: find("prompt"), state: find("state"),
    bar: find("bar"), fill: find("fill"), isBusy: false, isGone: false };
  uploader.input.onchange = () => begin(uploader, uploader.input.files[0]);
  uploader.zone.ondragover = (event) => { event.preventDefault(); uploader.zone.classList.add("over"); };
  uploader.zone.ondragleave = () => uploader.zone.classList.remove("over");
  uploader.zone.ondrop = (event) => {
    event.preventDefault();
    uploader.zone.classList.remove("over");
    begin(uploader, event.dataTransfer.files[0]);
  };
  return uploader;
}

async function begin(uploader, file) {
  if (!file || uploader.isBusy) return;
  const { texts } = uploader;
  if (!file.size) return tell(uploader, texts.empty);
  if (file.size > uploader.limit) return tell(uploader, texts.too_large);
  uploader.isBusy = true;
  try {
    const id = await send(uploader, file);
    tell(uploader, texts.done.replace("{name}", file.name), 1);
    uploader.component.setTriggerValue("done", { file_id: id, name: file.name });
  } catch (error) {
    tell(uploader, error.told || texts.broken);
  } finally {
    uploader.isBusy = false;
    uploader.input.value = "";
  }
}

async function send(uploader, file) {
  let id = null;
  let offset = 0;
  let failures = 0;
  while (offset < file.size || id === null) {
    if (uploader.isGone) throw new Error("left");
    tell(uploader, uploader.texts.sending.replace("{name}", file.name)
      .replace("{percent}", Math.floor(100 * offset / file.size)), offset / file.size);
    try {
      const answer = await sendPart(uploader, file, id, offset);
      id = answer.file_id;
      offset = Math.min(offset + PART_BYTES, file.size);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (error.told || id === null || failures > TRIES) throw error;
      tell(uploader, uploader.texts.again, offset / file.size);
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** failures));
      offset = await arrived(uploader, id, offset);
    }
  }
  return id;
}

async function sendPart(uploader, file, id, offset) {
  const form = new FormData();
  form.append("file", file.slice(offset, offset + PART_BYTES), file.name);
  const query = id === null ? `total_size=${file.size}` : `file_id=${id}&offset=${offset}`;
  const response = await fetch(`${uploader.address}?${query}`,
    { method: "POST", body: form, headers: uploader.headers });
  if (response.ok) return response.json();
  const error = new Error("refused");
  // A conflict is mended by asking how much has arrived; everything else is for the user to read.
  if (response.status === 401) error.told = uploader.texts.expired;
  else if (response.status !== 409 && response.status < 500) {
    const answer = await response.json().catch(() => ({}));
    error.told = typeof answer.detail === "string" ? answer.detail : uploader.texts.broken;
  }
  throw error;
}

async function arrived(uploader, id, offset) {
  const response = await fetch(`${uploader.address}/${id}`, { headers: uploader.headers });
  return response.ok ? (await response.json()).size ?? offset : offset;
}

function tell(uploader, sentence, share) {
  uploader.state.textContent = sentence;
  uploader.bar.hidden = share === undefined;
  uploader.fill.style.width = `${100 * (share || 0)}%`;
}
