// How long a text is on platforms that count in ways of their own; app/connectors/lengths.py says why.
const ADDRESS = /https?:\/\/[^\s<>"]+/gi;
const REMOTE_MENTION = /(?<![\w/])(@\w+)@[\w.-]+\w/g;

const counts = {
  graphemes: (text) => [...new Intl.Segmenter().segment(text)].length,
  mastodon: (text) => [...text.normalize("NFC").replace(ADDRESS, "x".repeat(23)).replace(REMOTE_MENTION, "$1")].length,
};

export const length = (text, unit) => counts[unit](text);
