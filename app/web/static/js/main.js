// Everything that makes the pages quicker to use; each works without it.
import "./csrf.js";
import "./theme.js";
import "./times.js";
import "./flash.js";
