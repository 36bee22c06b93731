// Runs work that may be asked for at any moment: never twice at once, and once more at the end if it was asked for meanwhile.
export function oneAtATime(work) {
  let running = false;
  let again = false;
  return async function ask() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await work();
      } while (again);
    } catch {
      // The network is away; the next change or the next look tells.
    }
    running = false;
  };
}
