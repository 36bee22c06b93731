// What is needed as soon as a conversation is open, and not before.
import "./drafts.js";
import "./composer.js";
import "./countdown.js";
import "./talk.js";
