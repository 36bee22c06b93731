// How long a text is, counted each platform's way; app/connectors/lengths.py says why.
const ADDRESS = /https?:\/\/[^\s<>"]+/gi;
const REMOTE_MENTION = /(?<![\w/])(@\w+)@[\w.-]+\w/g;

const counts = {
  bytes: (text) => new TextEncoder().encode(text).length,
  characters: (text) => [...text].length,
  graphemes: (text) => [...new Intl.Segmenter().segment(text)].length,
  mastodon: (text) => [...text.normalize("NFC").replace(ADDRESS, "x".repeat(23)).replace(REMOTE_MENTION, "$1")].length,
};

// X: what weighs 1, and what is an address or an emoji.
const WEB = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)]|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|org|net|info|io|co|de|uk|fr|at|ch|eu|us|shop|app|dev)\b(?:\/[^\s<>"]*[^\s<>".,;:!?)])?/gi;
const EMOJI = /^\p{Emoji_Presentation}|\uFE0F|\u20E3/u;
const light = (c) => c <= 4351 || (c >= 8192 && c <= 8205) || (c >= 8208 && c <= 8223) || (c >= 8242 && c <= 8247);
const weight = ({ segment }) =>
  EMOJI.test(segment) ? 2 : [...segment].reduce((sum, one) => sum + (light(one.codePointAt(0)) ? 1 : 2), 0);
counts.weighted = (text) =>
  [...new Intl.Segmenter().segment(text.normalize("NFC").replace(WEB, "x".repeat(23)))].reduce((sum, one) => sum + weight(one), 0);

export const length = (text, unit) => counts[unit](text);
