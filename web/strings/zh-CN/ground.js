/** What goes wrong and what is done about it, what is chosen, runs that are started and compared. */
export default {
  "“{name}” can’t be shown": "无法显示“{name}”",
  "This part can’t be shown": "无法显示此部分",
  "The rest of the page works on. What broke it:": "页面其余部分仍可使用。出错原因：",
  "Trying…": "正在重试…",
  "This is not up to date:": "此内容不是最新的：",
  "The server can’t be reached.": "无法连接服务器。",
  "The server has not answered for a long time.": "服务器长时间没有响应。",
  "The server failed at this; its log says why.": "服务器执行失败；原因见服务器日志。",
  "The server did not take this.": "服务器未接受此请求。",
  "That is more than the server takes at once.": "超出服务器一次能接受的大小。",
};
