// Subscribes this browser to push messages. Everything else about notifications works without it.
const place = document.getElementById("push");

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

async function send(address, fields = {}) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const answer = await fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": token, "HX-Request": "true" },
    body: new URLSearchParams(fields),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

async function subscribe() {
  const status = place.querySelector("[role=status]");
  status.textContent = "";
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      status.textContent = place.dataset.denied;
      return;
    }
    const registration = await navigator.serviceWorker.register(place.dataset.worker);
    const { key } = await (await send(place.dataset.pushKey)).json();
    const wanted = { userVisibleOnly: true, applicationServerKey: bytes(key) };
    const { endpoint, keys } = (await registration.pushManager.subscribe(wanted)).toJSON();
    await send(place.dataset.add, { endpoint, p256dh: keys.p256dh, auth: keys.auth });
    location.reload();
  } catch {
    status.textContent = place.dataset.failed;
  }
}

if (place && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  place.hidden = false;
  place.querySelector("button").addEventListener("click", subscribe);
}

// Nobody said where they are: the browser knows.
const zone = document.getElementById("f-time_zone");
if (zone?.value === "UTC") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || zone.value;
