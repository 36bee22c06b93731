// An AT Protocol network in one process: directory (PLC), account server (PDS), public view (AppView). Prints where
// they are as one line of JSON. A door on top waits until the view has caught up with the account server. It ends with
// the process that started it: when its standard input is closed.
import { createRequire } from "node:module";
import http from "node:http";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const PAUSE_MS = 25;

const require = createRequire(path.join(process.env.BLUESKY_INSTALL, "package.json"));
const { TestNetwork, mockMailer } = await import(pathToFileURL(require.resolve("@atproto/dev-env")));

const port = Number(process.env.BLUESKY_PORT);
const network = await TestNetwork.create({
  pds: { port, hostname: "localhost", enableDidDocWithSession: true },
  bsky: { port: port + 1, publicUrl: `http://localhost:${port + 1}` },
  plc: { port: port + 2 },
  ozone: { port: port + 3, dbMaterializedViewRefreshIntervalMs: 3_600_000 },
  introspect: { port: port + 4 },
});
mockMailer(network.pds);
// The account server looks for what to tell the view ever more rarely, up to once a second, and everything written
// would wait for that; here it looks again soon.
network.pds.ctx.sequencer.exponentialBackoff = () => setTimeout(PAUSE_MS);

// Both know when they are done; what else the network could wait for (moderators, video) tells the view nothing here.
const settled = async () => {
  await network.pds.processAll();
  await network.processFullSubscription();
  await network.bsky.sub.background.processAll();
};

http
  .createServer((request, response) => {
    settled().then(
      () => response.end("settled"),
      (error) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  })
  .listen(port + 5, "127.0.0.1", () => {
    const at = (n) => `http://127.0.0.1:${port + n}`;
    console.log(JSON.stringify({ pds: at(0), view: at(1), directory: at(2), door: at(5) }));
  });

const end = () => process.exit(0);
process.stdin.on("end", end).on("close", end).resume();
process.on("SIGTERM", end);
