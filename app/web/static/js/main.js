// Everything that makes the pages quicker to use; each works without it.
import "./csrf.js";
import "./theme.js";
import "./times.js";
import "./flash.js";
import "./keys.js";
import "./list.js";
import "./composer.js";
import "./countdown.js";
import "./menu.js";
import "./news.js";
import "./talk.js";
import "./live.js";
