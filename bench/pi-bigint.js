// The benchmark's other side: the formula of src/containers/programs/pi.rs, step by step, on the browser's own BigInt.
const C3_OVER_24 = 10939058860032000n;

function split(from, to) {
  if (to - from === 1) {
    const term = BigInt(from);
    const p = term === 0n ? 1n : (6n * term - 5n) * (2n * term - 1n) * (6n * term - 1n);
    const q = term === 0n ? 1n : term * term * term * C3_OVER_24;
    const t = p * (13591409n + 545140134n * term);
    return [p, q, term % 2n === 1n ? -t : t];
  }
  const middle = (from + to) >> 1;
  const [p1, q1, t1] = split(from, middle);
  const [p2, q2, t2] = split(middle, to);
  return [p1 * p2, q1 * q2, t1 * q2 + p1 * t2];
}

// The last step needs no P.
function splitAll(terms) {
  const middle = terms >> 1;
  const [p1, q1, t1] = split(0, middle);
  const [, q2, t2] = split(middle, terms);
  return [q1 * q2, t1 * q2 + p1 * t2];
}

// About 2^bits / sqrt(10005): each step of Newton's iteration doubles the correct bits.
function inverseRoot(bits) {
  if (bits <= 50) return BigInt(Math.floor(2 ** bits / Math.sqrt(10005)));
  const half = (bits >> 1) + 8;
  const root = inverseRoot(half);
  const error = (1n << BigInt(2 * half)) - root * root * 10005n;
  return (root << BigInt(bits - half)) + ((root * error) >> BigInt(3 * half + 1 - bits));
}

function pi(digits) {
  const count = digits + 10;
  const bits = Math.floor((count * 33220) / 10000) + 64;
  const [q, t] = splitAll(Math.floor(count / 14) + 2);
  const length = (number) => number.toString(16).length * 4;
  const drop = BigInt(Math.max(0, Math.min(length(q), length(t)) - bits - 32));
  const scaled = (inverseRoot(bits) * (q >> drop) * (426880n * 10005n)) / (t >> drop);
  const text = ((scaled * 10n ** BigInt(count - 1)) >> BigInt(bits)).toString();
  const [head, next] = [text.slice(0, digits), text[digits]];
  const rounded = (BigInt(head) + (next >= "5" ? 1n : 0n)).toString();
  return digits === 1 ? rounded : `${rounded[0]}.${rounded.slice(1)}`;
}

onmessage = ({ data }) => {
  const [id, digits] = data.split(" ");
  postMessage(`done ${id}\n${pi(Number(digits))}`);
};
postMessage("ready");
