// Shows what was pushed, and opens the place it is about. One notification for the same message, however often it comes.
self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // Whatever it was, the browser wants something shown.
  }
  const { title = "Porchlight", body = "", url = "/notifications", tag } = told;
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/notifications", self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil(
    (async () => {
      const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
      const shown = windows.find((one) => one.url === url.href);
      return shown ? shown.focus() : self.clients.openWindow(url.href);
    })(),
  );
});
