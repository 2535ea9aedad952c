export default {
  "Workers": "工作节点", "Worker": "工作节点", "State": "状态", "Task": "任务", "CPU": "CPU", "GPU": "GPU", "Memory": "内存", "Last seen": "上次出现",
  "running": "运行中", "free": "空闲", "silent": "无响应", "{n} running": "{n} 个运行中", "{n} free": "{n} 个空闲", "{n} silent": "{n} 个无响应",
  "Show its machine over time": "显示机器随时间的状态", "iteration {n}": "迭代 {n}", "No agent has reported in the last day": "过去一天没有代理上报",
  "An agent takes tasks from queues and runs them. Start one on a machine with this checkout:": "代理从队列取任务并运行。在有此代码的机器上启动一个：",
  "or, on any machine whose clearml.conf names this server:": "或者，在任何 clearml.conf 指向此服务器的机器上：", "Agents over time": "代理数量随时间变化", "reporting": "上报", "working": "工作中",
  "Not reported": "未上报", "registered {when}": "注册于 {when}", "not seen lately": "近期未出现", "It has not reported its machine in this span.": "此时间段内没有上报机器状态。", "Close": "关闭",
  "Processor": "处理器", "GPU memory": "显存", "Network": "网络", "Disk": "磁盘", "Free disk space": "可用磁盘空间", "Temperature": "温度",
  "in use": "已用", "in": "入", "out": "出", "read": "读取", "written": "写入", "home": "主目录", "temp": "临时目录",
};
