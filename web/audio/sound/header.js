/**
 * What a sound file's first bytes tell: its sample rate, which browsers hide (they decode at whatever rate is asked for),
 * and which loudspeakers its channels are for. No drawing here.
 */

/** @typedef {{rate: number, mask: number}} Header `rate` in Hz, 0 where it isn't told; `mask` of WAV: a bit for each loudspeaker, 0 where it isn't told */

/** @param {ArrayBuffer} buffer @returns {Header} */
export function headerOf(buffer) {
  const view = new DataView(buffer);
  const start = id3(view);
  const word = (/** @type {number} */ at) =>
    at + 4 <= view.byteLength ? String.fromCharCode(...new Uint8Array(buffer, at, 4)) : "";
  if (["RIFF", "RF64"].includes(word(0)) && word(8) === "WAVE") return wave(view);
  if (word(start) === "fLaC")
    return { rate: view.byteLength >= start + 22 ? view.getUint32(start + 18) >>> 12 : 0, mask: 0 };
  if (word(0) === "OggS") return { rate: ogg(view, word), mask: 0 };
  return { rate: mpeg(view, start), mask: 0 };
}

/** Where the sound begins, behind an ID3 tag (https://id3.org/id3v2.4.0-structure). @param {DataView} view */
function id3(view) {
  if (view.byteLength < 10 || view.getUint8(0) !== 0x49 || view.getUint8(1) !== 0x44 || view.getUint8(2) !== 0x33)
    return 0;
  return 10 + [6, 7, 8, 9].reduce((size, at) => size * 128 + (view.getUint8(at) & 127), 0);
}

/**
 * The chunks of a WAV file (http://soundfile.sapp.org/doc/WaveFormat/), as far as their heads are there.
 * @param {DataView} view @returns {Generator<{name: string, start: number, size: number}>} `size` as it is told: the file may break off before
 */
export function* chunksOf(view) {
  for (let at = 12; at + 8 <= view.byteLength;) {
    const name = String.fromCharCode(...new Uint8Array(view.buffer, at, 4));
    const size = view.getUint32(at + 4, true);
    yield { name, start: at + 8, size };
    at += 8 + size + (size & 1);
  }
}

/** The chunk `fmt `. @param {DataView} view @returns {Header} */
function wave(view) {
  for (const { name, start } of chunksOf(view)) {
    if (name !== "fmt " || start + 16 > view.byteLength) continue;
    const extensible = view.getUint16(start, true) === 0xfffe && start + 24 <= view.byteLength;
    return { rate: view.getUint32(start + 4, true), mask: extensible ? view.getUint32(start + 20, true) : 0 };
  }
  return { rate: 0, mask: 0 };
}

/** The first page holds Vorbis's, Opus's or FLAC's own header (RFC 3533, 7845). @param {DataView} view @param {(at: number) => string} word */
function ogg(view, word) {
  if (view.byteLength < 60) return 0;
  const body = 27 + view.getUint8(26);
  if (word(body + 1) === "vorb") return view.getUint32(body + 12, true);
  if (word(body) === "Opus") return 48_000; // whatever went in, this is what comes out
  return word(body + 9) === "fLaC" ? view.getUint32(body + 27) >>> 12 : 0;
}

const mpegRates = [44_100, 48_000, 32_000];

/** The first frame that another one of the same kind follows somewhere near (ISO 11172-3, 13818-3). @param {DataView} view @param {number} start */
function mpeg(view, start) {
  const end = Math.min(view.byteLength - 4, start + 4096);
  for (let at = start; at < end; at += 1) {
    const head = view.getUint32(at);
    const [version, layer, bits, rate] = [(head >>> 19) & 3, (head >>> 17) & 3, (head >>> 12) & 15, (head >>> 10) & 3];
    if (head >>> 21 !== 0x7ff || version === 1 || layer !== 1 || bits === 0 || bits === 15 || rate === 3) continue;
    return mpegRates[rate] / { 3: 1, 2: 2, 0: 4 }[/** @type {0 | 2 | 3} */ (version)];
  }
  return 0;
}
