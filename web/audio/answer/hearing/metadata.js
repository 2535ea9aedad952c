/**
 * What an exported file says of itself (`audio/export/export.py`): ONNX Runtime for browsers does not tell. No drawing here.
 *
 * A file is one message of Protocol Buffers; of a ModelProto the field 14 holds the metadata, a key and a value each
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */

const [metadataField, keyField, valueField] = [14, 1, 2];
const [varint, fixed64, chunk, fixed32] = [0, 1, 2, 5]; // wire types

/** The fields of a message that hold bytes. @param {Uint8Array} bytes @returns {Generator<[number, Uint8Array]>} @throws {Error} it is none */
function* chunks(bytes) {
  let at = 0;
  const number = () => {
    for (let value = 0, scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new Error("ends too early");
  };
  while (at < bytes.length) {
    const tag = number();
    const kind = tag & 7;
    if (kind === varint) number();
    else if (kind === fixed64) at += 8;
    else if (kind === fixed32) at += 4;
    else if (kind !== chunk) throw new Error("is no message");
    else {
      const size = number();
      if (at + size > bytes.length) throw new Error("ends too early");
      yield [Math.floor(tag / 8), bytes.subarray(at, at + size)];
      at += size;
    }
  }
}

/** @param {Uint8Array} bytes of an ONNX file @returns {Record<string, string>} */
export function metadataOf(bytes) {
  /** @type {Record<string, string>} */
  const found = {};
  const text = new TextDecoder();
  for (const [field, entry] of chunks(bytes)) {
    if (field !== metadataField) continue;
    const parts = Object.fromEntries(chunks(entry));
    found[text.decode(parts[keyField])] = text.decode(parts[valueField] ?? new Uint8Array());
  }
  return found;
}

/**
 * @typedef {{sample_rate: number, trim_db: number | null, duration: number | null, duration_fill: string, window: number, window_fill: string,
 *   window_slack: number}} Preparation see `audio/io/preparation.py`; `window` in samples, `duration` in s
 * @typedef {{temperature: number, thresholds: number[]}} Calibration
 * @typedef {{classes: string[], multiLabel: boolean, preparation: Preparation, calibration: Calibration | null, frontEnd: string}} About `frontEnd`: JSON
 */

/** What is needed to hear with a file. @param {Uint8Array} bytes @returns {About} @throws {Error} it is no such file: `foreign` */
export function aboutOf(bytes) {
  try {
    const told = metadataOf(bytes);
    const about = {
      classes: JSON.parse(told.classes),
      multiLabel: Boolean(JSON.parse(told.multi_label)),
      preparation: JSON.parse(told.preparation),
      calibration: JSON.parse(told.calibration ?? "null") || null,
      frontEnd: told.frontend ?? "",
    };
    if (!(about.preparation.sample_rate > 0 && about.preparation.window > 0)) throw new Error("says no window");
    return about;
  } catch {
    throw new Error("foreign");
  }
}
