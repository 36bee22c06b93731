// Says that somebody at work is still here, and shows in the rail how they stand.
const EVERY = 30000;
const way = document.querySelector('.rail a[href="/duty"]');

async function speakUp() {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  const answer = await fetch("/duty/seen", { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { availability, text } = await answer.json();
  way.dataset.availability = availability;
  way.title = `${way.querySelector(".way-word").textContent}: ${text}`;
}

if (way) {
  speakUp();
  setInterval(speakUp, EVERY);
}
