/** 简体中文: every sentence of the interface, by part. */
import alerts from "./zh-CN/alerts.js";
import answer from "./zh-CN/answer.js";
import audio from "./zh-CN/audio.js";
import common from "./zh-CN/common.js";
import ground from "./zh-CN/ground.js";
import parameters from "./zh-CN/parameters.js";
import places from "./zh-CN/places.js";
import queues from "./zh-CN/queues.js";
import settings from "./zh-CN/settings.js";
import workers from "./zh-CN/workers.js";

/** @type {Record<string, string>} */
export const zh = {
  ...alerts,
  ...parameters,
  ...places,
  ...audio,
  ...answer,
  ...queues,
  ...workers,
  ...settings,
  ...common,
  ...ground,
};
