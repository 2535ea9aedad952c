/** A model that the browser runs: answers, live listening, what if. */

/** @type {Record<string, string>} */
export default {
  "This ONNX file does not say how sound is prepared for it. Export the model again: {command}":
    "此 ONNX 文件没有说明声音应如何预处理。请重新导出模型：{command}",
  "There is no sound in it.": "其中没有声音。",
  "The worker that ran the model has ended. Give it the sound again.": "运行模型的工作线程已结束。请重新提供声音。",
  "{name} can’t be decoded by this browser: {reason}": "此浏览器无法解码 {name}：{reason}",
  "Drop a sound file here, choose one, record, or let it listen. This browser answers, and nothing leaves it.":
    "将声音文件拖到此处、选择一个文件、录音或让它聆听。由此浏览器给出答案，任何数据都不会离开浏览器。",
  "It runs the model’s export:": "它运行的是该模型的导出文件：",
  "Listen live": "实时聆听",
  "Stop listening": "停止聆听",
  Calibrated: "校准后",
  "The model is fetched…": "正在获取模型…",
  "ready after {n} s": "{n} 秒后就绪",
  "It listens…": "正在聆听…",
  "Spectrogram of what is heard": "所听声音的频谱图",
  "{n} answers a second, each of the last {s} s.": "每秒 {n} 个回答，每个基于最近 {s} 秒。",
  "Answered in this browser after {n} ms.": "此浏览器在 {n} 毫秒后给出回答。",
  "The mean of {n} windows of {s} s.": "{n} 个 {s} 秒窗口的平均值。",
  "{s} s at its edges are left out, as of the model’s clips.": "与模型的片段一样，略去首尾 {s} 秒。",
  "before: {n}": "之前：{n}",
  "as it was": "原样",
  changed: "已更改",
  "As it was": "恢复原样",
  "Drag a box over the spectrogram to mute it; the answer follows. Drag over the waveform to loop a part.":
    "在频谱图上拖出一个框即可将其静音，回答随之更新。在波形上拖动可循环播放一段。",
  "This view has no frequencies: choose “all frequencies” to mute a box.":
    "此视图没有频率轴：选择“所有频率”后才能将一个框静音。",
  Noise: "噪声",
  "{n} below the sound": "比声音低 {n}",
  Muted: "已静音",
  Mute: "静音",
  "Mute by numbers": "按数值静音",
  "Let it be heard again": "恢复此部分",
  "From (s)": "从（秒）",
  "To (s)": "到（秒）",
  "From (Hz)": "从（Hz）",
  "To (Hz)": "到（Hz）",
  "The end lies before the beginning.": "终点在起点之前。",
  "What it rests on": "依据何在",
  "Boxes tried": "已试的框",
  "Only of sounds up to {n} s: each box costs an answer of all of it.":
    "仅适用于不超过 {n} 秒的声音：每个框都要对整段声音作答一次。",
  "No label was found that it could rest on.": "没有找到可供说明依据的标签。",
  "without it {n}": "去掉它：{n}",
  "“{label}” rests on no single box: without any of them it stays at {n}.":
    "“{label}”不依赖任何单个框：去掉其中任何一个仍为 {n}。",
  "“{label}” rests most on {from}–{to} s, {low}–{high} Hz: without it {n} instead of {whole}. What is dark does not matter.":
    "“{label}”最依赖 {from}–{to} 秒、{low}–{high} Hz：去掉后为 {n}，而非 {whole}。变暗的部分无关紧要。",
  "Export it to ONNX": "导出为 ONNX",
  "or at a shell:": "或在终端中：",
  "In this browser, without an agent": "在此浏览器中，无需代理",
  "A browser runs a model’s ONNX file, and none was made of this one yet:":
    "浏览器运行模型的 ONNX 文件，而此模型还没有导出过：",
};
