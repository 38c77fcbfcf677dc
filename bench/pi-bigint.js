// The benchmark's other side: the formula of src/containers/programs/pi.rs on the browser's own BigInt.
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

function squareRoot(number, bits) {
  if (bits <= 1000) {
    let guess = BigInt(Math.floor(Math.sqrt(Number(number >> BigInt(Math.max(0, bits - 1000))))));
    if (guess === 0n || bits > 1000) guess = 1n << BigInt(bits >> 1);
    for (;;) {
      const next = (guess + number / guess) >> 1n;
      if (next === guess || next === guess + 1n || next === guess - 1n) return next;
      guess = next;
    }
  }
  const shift = bits >> 2;
  const guess = (squareRoot(number >> BigInt(2 * shift), bits - 2 * shift) + 1n) << BigInt(shift);
  return (number / guess + guess) >> 1n;
}

function pi(digits) {
  const count = digits + 10;
  const [, q, t] = split(0, Math.floor(count / 14) + 2);
  const square = 10005n * 10n ** BigInt(2 * (count - 1));
  const root = squareRoot(square, square.toString(16).length * 4);
  const text = ((root * q * 426880n) / t).toString();
  const [head, next] = [text.slice(0, digits), text[digits]];
  const rounded = (BigInt(head) + (next >= "5" ? 1n : 0n)).toString();
  return digits === 1 ? rounded : `${rounded[0]}.${rounded.slice(1)}`;
}

onmessage = ({ data }) => {
  const [id, digits] = data.split(" ");
  postMessage(`done ${id}\n${pi(Number(digits))}`);
};
postMessage("ready");
