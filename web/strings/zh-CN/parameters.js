/** 简体中文: what the parameters of tasks are, as the declarations say it (`--help`), and the headings they stand under. */
export default {
  Decision: "决定",
  Output: "输出",
  Robustness: "稳健性",
  Teacher: "教师",
  "data set, by its name": "数据集，按名称",
  "folder of the recordings; empty: only for data sets that make or fetch their own":
    "录音所在文件夹；留空：仅用于自行生成或下载录音的数据集",
  "rate of the store; recordings are converted once, with soxr HQ": "片段库的采样率；录音用 soxr HQ 转换一次",
  "that every stored clip is cut or filled to; none: natural length": "每个片段裁剪或填充到的时长；none：保持原长",
  "how a clip shorter than `duration` is filled": "短于 `duration` 的片段如何填充",
  "clips that are taken, by a column: instrument_source=acoustic; a|b for either, != for not, ; for and":
    "按列选取片段：instrument_source=acoustic；a|b 表示任一，!= 表示不等于，; 表示并且",
  "regular expression whose group, found in a file's name, is the label; empty: the data set's own":
    "在文件名中匹配的正则表达式，其分组即标签；留空：用数据集自带的标签",
  "that longer recordings are cut into; none: they stay whole": "较长录音切分成的时长；none：保持完整",
  "drop silence at both ends (below trim_db)": "去掉两端的静音（低于 trim_db）",
  "level re the clip's peak, below which an edge counts as silence": "相对片段峰值的电平，低于此值的边缘视为静音",
  "processes that decode; 0: one per CPU core": "解码进程数；0：每个 CPU 核一个",
  "own: the data set's, else folds by recording; 8:2, 8:1:1: drawn once in each class, as tutorials do; flatters":
    "own：数据集自带的划分，否则按录音分折；8:2、8:1:1：在每个类别内抽取一次，如教程所做；结果会偏高",
  "drawn where the data set has neither folds nor splits; 10: tenths, for 8:1:1":
    "数据集既无折又无划分时抽取的折数；10：十等分，用于 8:1:1",
  "of the synthetic data set and of splits that are drawn": "合成数据集和随机划分所用的种子",
  "what is to be known of these settings; said at the start of every run with them":
    "关于这些设置须知的内容；每次用它们运行时开头都会说明",
  "files, folders or modules that add models, data sets, front ends, \u2026; they travel with the task to its agent":
    "添加模型、数据集、前端等的文件、文件夹或模块；随任务一起送到代理",
  "ClearML dataset that gets the new version; empty: the name of the data set":
    "获得新版本的 ClearML 数据集；留空：数据集的名称",
  "clips reported as audio, waveform and mel spectrogram": "以音频、波形和梅尔频谱图报告的片段数",
  "clips whose sound is uploaded, spread over the classes; 0: none": "上传声音的片段数，均匀分布于各类；0：不上传",
  "look for duplicates, leaks across splits, silence, clipping, odd durations":
    "检查重复、划分间泄漏、静音、削波、异常时长",
  "take files that did not change over from the newest version of the dataset":
    "未改动的文件沿用数据集最新版本中的内容",
  "network, by its name": "网络，按名称",
  "networks of that kind trained side by side, whose answers are averaged": "并行训练的同类网络数，其回答取平均",
  "probability before the last layer": "最后一层之前的 dropout 概率",
  "start from published weights where the model has them; needs the network":
    "从已发布的权重开始（若模型有）；需要联网",
  "to start from: a model.pt or its id, or a state dict of the same layers (torch or safetensors)":
    "起始权重：model.pt 或其 id，或层相同的 state dict（torch 或 safetensors）",
  "Hugging Face name or folder of wav2vec2, ast, whisper; empty: the usual base one":
    "wav2vec2、ast、whisper 的 Hugging Face 名称或文件夹；留空：常用的 base 版",
  "what is not trained; backbone: all but the head; extractor: that of wav2vec2":
    "不训练的部分；backbone：除分类头外全部；extractor：wav2vec2 的特征提取器",
  "share of the channels that are taken out of every layer of `weights` before it is trained on; 0: none":
    "继续训练前从 `weights` 每层剪去的通道比例；0：不剪",
  "side that image networks see the spectrogram at; 0: as it is": "图像网络所见频谱图的边长；0：保持原样",
  "how that size is reached; pooled: adaptive average pooling": "如何得到该尺寸；pooled：自适应平均池化",
  "held-out test fold; 0: the data set's own train/validation/test split":
    "留出的测试折；0：数据集自带的训练/验证/测试划分",
  "clips of the validation curve; those held out are only watched": "验证曲线所用的片段；留出的片段只作观察",
  "fold taken from training for validation=development; 0: the one after `fold`":
    "validation=development 时从训练中取出的折；0：`fold` 之后的一折",
  "of training clips, drawn for development where there is none": "没有开发集时从训练片段中抽取的比例",
  "weights that are kept as the model; best needs validation=development":
    "保留为模型的权重；best 需要 validation=development",
  "what is learned; byol: to hear two views of a sound as one, without labels (task pretrain)":
    "学习什么；byol：不用标签，把一个声音的两个视图听成同一个（任务 pretrain）",
  "passes over the training clips": "遍历训练片段的次数",
  "clips of a batch; fewer where an epoch would not have four batches": "一批的片段数；若一轮不足四批则减少",
  "peak of the schedule": "学习率计划的峰值",
  "on matrices and kernels; none: 0.05 of adamw, 0.0005 of sgd":
    "作用于矩阵和卷积核的权重衰减；none：adamw 为 0.05，sgd 为 0.0005",
  "what makes steps of gradients; adamw without decay is Adam": "由梯度得出步长的优化器；无衰减的 adamw 即 Adam",
  "of sgd": "sgd 的动量",
  "sgd looks ahead along its momentum; false: as it was first written": "sgd 沿动量方向前瞻；false：最初的形式",
  "weight_decay on norms and biases too": "归一化层和偏置也做 weight_decay",
  "course of the learning rate": "学习率的走势",
  "share of all steps in which the rate rises from zero": "学习率从零上升所占的步数比例",
  "epochs in which the rate rises by equal steps, in place of warmup; 0: as warmup says":
    "以等步上升学习率的轮数，代替 warmup；0：按 warmup",
  "epochs between the falls of schedule=step; 0: two falls, at thirds of the way":
    "schedule=step 两次下降之间的轮数；0：在三分之一和三分之二处各降一次",
  "what the rate is multiplied by at a fall of schedule=step": "schedule=step 每次下降时学习率乘以的系数",
  "share of the peak at which cosine ends": "余弦结束时占峰值的比例",
  "batches whose gradients make one step of the optimiser": "梯度合为优化器一步的批数",
  "largest norm of the gradient; none: no clipping": "梯度的最大范数；none：不裁剪",
  "share of the target that is spread over all classes; 0: none": "摊到所有类别上的目标比例；0：不平滑",
  "weight of a clip's loss; balanced: inverse to the size of its class": "片段损失的权重；balanced：与类别大小成反比",
  "decay per step of the averaged weights that are evaluated; 0: none": "用于评估的平均权重每步的衰减；0：不平均",
  "figure of the development clips that select=best and early_stop follow":
    "select=best 和 early_stop 所依据的开发集指标",
  "epochs without a better figure of best_by before stopping; 0: never": "best_by 多少轮未改善即停止；0：从不",
  "that a figure has to be better by, for early_stop to wait anew": "指标至少改善多少，early_stop 才重新计数",
  "models of the same classes whose answers are learned besides the labels: their mean; files or ids":
    "类别相同的教师模型，除标签外还学习其回答的平均值；文件或 id",
  "share of the loss that follows the teacher": "跟随教师的损失比例",
  "that both answers are softened by; 1: as they are": "使双方回答变软的温度；1：保持原样",
  "RMS level that every window is brought to; none: as it is. Encoders hear what they were trained with":
    "每个窗口调整到的 RMS 电平；none：保持原样。编码器按其训练时的方式听",
  "features, by their name; logmel+pcen: one for each member, in turn": "特征，按名称；logmel+pcen：各成员依次使用一种",
  "slope and curvature of the features as further channels": "以特征的斜率和曲率作为附加通道",
  "power that is added under the logarithm": "对数内加上的功率",
  "below its loudest, that each clip of frontend=meldb is cut at": "frontend=meldb 时每个片段在最响处以下多少截断",
  "zero mean and unit deviation over the training clips; false: as computed":
    "在训练片段上标准化为零均值、单位方差；false：按计算结果",
  "channels that the same features are given in; 3: as pictures have": "同一特征给出的通道数；3：如图像",
  "length of the Fourier transform": "傅里叶变换的长度",
  "length of the Hann window": "汉宁窗的长度",
  "step between frames": "帧移",
  "mel bands": "梅尔频带数",
  "lower edge of the lowest band": "最低频带的下限",
  "upper edge of the highest band; none: half the sample rate": "最高频带的上限；none：采样率的一半",
  "how mel bands are spaced": "梅尔频带如何分布",
  "how mel bands are scaled; slaney: to equal area": "梅尔频带如何缩放；slaney：等面积",
  "coefficients of frontend=mfcc": "frontend=mfcc 的系数个数",
  "exponent of the automatic gain control of frontend=pcen": "frontend=pcen 自动增益控制的指数",
  "added before the root of frontend=pcen": "frontend=pcen 开方前加上的值",
  "exponent of the root of frontend=pcen": "frontend=pcen 开方的指数",
  "time constant of the smoothing of frontend=pcen": "frontend=pcen 平滑的时间常数",
  "of every clip; none: what 9 of 10 trained on fit in, up to 30":
    "每个片段的时长；none：九成训练片段能容下的长度，最多 30",
  "random part of a clip that is trained on; none or longer: all of it": "训练所用的片段随机部分；none 或更长：全部",
  "how short clips are filled": "短片段如何填充",
  "false: no augmentation at all": "false：完全不做增强",
  "further copies of every training clip, each changed so once and for all; noise+gain: both in one":
    "每个训练片段的额外副本，各按此改动一次后不再变；noise+gain：两者合一",
  "deviation of the noise in copies, of full scale": "副本中噪声的标准差，相对满幅",
  "share of a clip that copies are shifted by at most, circularly": "副本最多循环移动片段的比例",
  "largest change of level in copies (0.2: by 0.8 to 1.2)": "副本电平的最大变化（0.2：0.8 至 1.2 倍）",
  "playback speeds drawn from": "从中抽取的播放速度",
  "circular shift in time": "时间上的循环移动",
  "largest random gain either way; 0: none": "随机增益的最大值（正负）；0：无",
  "largest random gain of a smooth five-point equaliser; 0: none": "平滑五点均衡器的最大随机增益；0：无",
  "probability of playing a clip backwards": "倒放片段的概率",
  "probability of turning the bands upside down": "上下翻转频带的概率",
  "largest change of tempo at the same pitch (0.2: 20 %); 0: none": "音高不变时速度的最大变化（0.2：20 %）；0：无",
  "largest change of pitch at the same tempo; 0: none": "速度不变时音高的最大变化；0：无",
  "probability of white noise": "加白噪声的概率",
  "probability of noise from white to brown, added to the features: as cheap as none":
    "在特征上加从白到布朗噪声的概率：几乎不耗时",
  "folder of recordings that are mixed below the clips; empty: none": "混入片段背景的录音文件夹；留空：无",
  "of mixing a background below a clip": "片段混入背景的概率",
  "lowest signal-to-noise ratio of noise, spectral_noise and background":
    "noise、spectral_noise 和 background 的最低信噪比",
  "highest signal-to-noise ratio of noise, spectral_noise and background":
    "noise、spectral_noise 和 background 的最高信噪比",
  "probability of mixing a clip with another, in power; 0: never": "按功率把片段与另一片段混合的概率；0：从不",
  "of the Beta distribution of the share": "混合比例所服从 Beta 分布的参数",
  "probability of replacing a stretch of time by another clip's; 0: never": "用另一片段替换一段时间的概率；0：从不",
  "SpecAugment masks along time": "SpecAugment 时间掩码的个数",
  "largest width of a time mask, up to time_mask_share of the clip": "时间掩码的最大宽度，不超过片段的 time_mask_share",
  "of the clip that one time mask hides at most": "一个时间掩码最多遮住片段的比例",
  "SpecAugment masks along frequency": "SpecAugment 频率掩码的个数",
  "largest width of a frequency mask": "频率掩码的最大宽度",
  "smallest width of a mask; 0: it may hide nothing": "掩码的最小宽度；0：可以什么都不遮",
  "of masking a clip, along each axis by itself": "遮住片段的概率，各轴分别计算",
  "what masks show: the mean of all clips, or silence": "掩码显示的内容：所有片段的均值，或静音",
  "largest share by which the power of the spectrogram is changed (0.2: by 0.8 to 1.2); 0: none":
    "频谱图功率变化的最大比例（0.2：0.8 至 1.2 倍）；0：无",
  "of changing it so": "如此改变的概率",
  "deviation of Gaussian noise on the power of the spectrogram, which stays at 0 or more; 0: none":
    "频谱图功率上高斯噪声的标准差，功率保持不小于 0；0：无",
  "of adding it": "加上它的概率",
  "of plugins, by their names, in this order": "插件提供的增强，按名称和此顺序",
  "of weights, order of clips and augmentation": "权重、片段顺序和增强的种子",
  "what is computed on; auto: cuda when there is one; cuda:1: the second":
    "计算设备；auto：有 cuda 则用；cuda:1：第二块",
  "that is computed in; auto: of fp32 and bf16 the faster one here, measured":
    "计算精度；auto：在此机器上实测 fp32 与 bf16 中较快者",
  "CPU threads of torch; 0: one for a small model, else torch's own choice":
    "torch 的 CPU 线程数；0：小模型用一个，否则由 torch 决定",
  "that train together, each on a GPU or a part of the CPU; they share `batch_size`":
    "一起训练的进程数，各用一块 GPU 或部分 CPU；共用 `batch_size`",
  "refuse operations whose result differs from run to run (slower on a GPU)": "拒绝每次结果不同的运算（在 GPU 上较慢）",
  "keep clips in the GPU's memory; auto: when they fit": "把片段留在 GPU 显存中；auto：放得下时",
  "compute features once rather than per batch; auto: on a CPU": "特征只算一次而非每批都算；auto：在 CPU 上",
  "epochs between audio and spectrogram samples, and at the end; 0: never":
    "音频与频谱图样本之间的轮数，结束时也有；0：从不",
  "clips shown each time": "每次显示的片段数",
  "clips of the first batch shown before anything is learned, as the network sees them; 0: none":
    "学习开始前显示的首批片段数，如网络所见；0：不显示",
  "let each augmentation be heard and seen once, at the start": "开始时让每种增强各听、各看一次",
  "epochs between last checkpoints": "保存最近检查点之间的轮数",
  "held-out clips that `weights` were trained on; apart: evaluation gives them figures of their own":
    "`weights` 训练过的留出片段；apart：评估时单独给出其指标",
  "further figures of the validation clips, by their names": "验证片段的其他指标，按名称",
  "ClearML dataset with a clip store; empty: the newest finished one of the project":
    "含片段库的 ClearML 数据集；留空：项目中最新完成的一个",
  "between uploads of the checkpoint that a stopped task resumes from":
    "两次上传检查点之间的间隔，被停止的任务由此恢复",
  "values of each parameter: low..high, log:low..high (logarithmic), a|b|c, or one that is fixed; behind it: if NAME=a|b":
    "每个参数的取值：low..high、log:low..high（对数）、a|b|c，或固定值；其后可加：if NAME=a|b",
  "what proposes values; grid tries every one": "提出取值的采样器；grid 逐一尝试",
  "what ends a trial early that others were better than": "提前结束不如其他试验者的方式",
  "train task that is cloned; empty: the template": "被克隆的训练任务；留空：模板",
  "ClearML dataset of all trials; empty: as in the base task": "所有试验的 ClearML 数据集；留空：与基础任务相同",
  "passes of a trial": "一次试验的轮数",
  "settings that are tried in all": "总共尝试的设置数",
  "each setting is trained with each, and their mean compared; empty: the base task's":
    "每种设置用每个种子各训练一次并比较均值；留空：基础任务的种子",
  "development folds that each setting is compared on in turn; empty: the base task's":
    "依次比较每种设置的开发折；留空：基础任务的",
  "trainings at a time": "同时进行的训练数",
  "after which no trial is started and the search ends": "此后不再开始试验，搜索结束",
  "after which a training is ended; none: no limit": "此后结束一次训练；none：不限",
  "scalars to be made best, as quantity/split; the first decides": "要优化的标量，写作 量/划分；第一个起决定作用",
  "which value is the best, the largest or the smallest; one for all, or one for each objective":
    "最大还是最小为最好；所有目标共用一个，或各有一个",
  "trials whose parameters are shown": "显示其参数的试验数",
  "publish the model of the best trial": "发布最佳试验的模型",
  "queue that the trials are put on": "试验所进入的队列",
  "files, folders or modules of all trials": "所有试验的文件、文件夹或模块",
  "fold to evaluate on; none: the one the checkpoint held out": "评估所用的折；none：检查点留出的那一折",
  "split to evaluate on where there are no folds; development: the part that was drawn; all: every clip":
    "没有折时评估所用的划分；development：抽取的部分；all：所有片段",
  "of the data set and the model; shared: clips of classes that both have, others are left out and told":
    "数据集与模型的类别；shared：只取双方共有类别的片段，其余略去并说明",
  "clips that the model was trained on; apart: with figures of their own": "模型训练过的片段；apart：单独给出指标",
  "clips that are computed at a time": "同时计算的片段数",
  "speeds whose answers are averaged": "对这些速度的回答取平均",
  "answers at the temperature, of several labels the thresholds, that training fitted on development clips":
    "使用训练时在开发片段上拟合的温度（多标签时为阈值）",
  "that answers are computed in, whatever the training's was": "计算回答所用的精度，与训练的精度无关",
  "further figures, by their names": "其他指标，按名称",
  "disturbances that the clips are heard under, besides as they are": "除原样外，片段所受的干扰",
  "clips of these curves, evenly over labels; 0: all": "这些曲线所用的片段数，均匀取自各标签；0：全部",
  "columns whose values have figures of their own; empty: those with few values, duration, loudness":
    "按其取值分别给出指标的列；留空：取值少的列、时长、响度",
  "of the recordings, for the intervals of the figures; 0: no intervals": "为指标区间对录音重抽样的次数；0：不给区间",
  "ClearML model; empty: the output of the project's newest finished training":
    "ClearML 模型；留空：项目中最新完成的训练的输出",
  "ClearML dataset with a clip store; empty: the one that the model was trained on":
    "含片段库的 ClearML 数据集；留空：模型训练所用的那个",
  "held-out clips whose sound is uploaded, worst mistakes first; 0: none":
    "上传声音的留出片段数，最严重的错误在前；0：不上传",
  "epochs between audio and spectrogram samples of each training; 0: never":
    "每次训练中音频与频谱图样本之间的轮数；0：从不",
  "held out in turn; empty: all": "依次留出的折；留空：全部",
  "every fold is trained once with each": "每一折用每个种子各训练一次",
  "folds that chose the settings; 0: none; empty: unsaid": "用来选择设置的折；0：没有；留空：未说明",
  "files that are made; huggingface: a folder for its library, of wav2vec2 and ast":
    "生成的文件格式；huggingface：供其库使用的文件夹，适用于 wav2vec2 和 ast",
  "largest difference of a logit from the model's (integers are reported alone)":
    "logit 与模型之间的最大差（整数格式另行报告）",
  "accuracy that onnx-int8 may lose on held-out clips": "onnx-int8 在留出片段上可损失的准确率",
  "held-out clips that every file is checked with": "检查每个文件所用的留出片段数",
  "training clips that set the ranges of onnx-int8": "确定 onnx-int8 数值范围的训练片段数",
  "ClearML dataset to check with; empty: the one that the model was trained on":
    "用于检查的 ClearML 数据集；留空：模型训练所用的那个",
  "sound file: an address, or a path on the machine that runs the task": "声音文件：地址，或运行任务的机器上的路径",
  "labels that are reported": "报告的标签数",
  "between the windows of a long file; none: half a window": "长文件窗口之间的间隔；none：半个窗口",
  "the new ClearML model; empty: the output of the newest finished training":
    "新的 ClearML 模型；留空：最新完成的训练的输出",
  "model to compare with; empty: the project's published one; none: nothing":
    "对比的模型；留空：项目中已发布的模型；none：不对比",
  "ClearML dataset of the clips; empty: the new model's own": "片段所在的 ClearML 数据集；留空：新模型自己的",
  "largest p at which a gain counts; 1: any gain": "认为有提升的最大 p 值；1：任何提升",
  "that a model must have to be published, as a share": "发布模型所需的最低准确率（比例）",
  "compare task whose decision this is": "作出此决定的比较任务",
  "export task whose files are published, too; empty: none": "一并发布其文件的导出任务；留空：无",
  "between the windows that are heard; none: half a window": "所听窗口之间的间隔；none：半个窗口",
  "probability from which on an event of a class begins": "某类事件开始的概率阈值",
  "thresholds of single classes, such as dog=0.7; where a name has blanks, as a JSON list":
    "单个类别的阈值，如 dog=0.7；名称含空格时写成 JSON 列表",
  "share of its threshold below which an event ends; 1: as soon as it is below the threshold":
    "低于阈值的此比例时事件结束；1：一低于阈值即结束",
  "longest pause between two events of a class that makes them one": "同类两事件合为一个的最长间隔",
  "length below which an event is dropped": "短于此长度的事件被舍弃",
  "share of the shorter of two classes' events from which on the weaker one is dropped; none: both are told":
    "两类事件重叠达到较短者的此比例时舍弃较弱者；none：两者都给出",
  "that are told; empty: all": "给出的类别；留空：全部",
  "sound file or a folder of them: a path on the machine that runs the task, or an address":
    "声音文件或其文件夹：运行任务的机器上的路径，或地址",
  "ClearML model, also an ONNX one; empty: the output of the project's newest training":
    "ClearML 模型，也可以是 ONNX；留空：项目中最新训练的输出",
  "recordings whose sound is uploaded, so that the page can play them": "上传声音的录音数，以便页面播放",
  "folder of soundyard serve-model --keep, on the machine that runs the task":
    "soundyard serve-model --keep 的文件夹，在运行任务的机器上",
  "that requests are not older than; 0: all": "请求不早于多少天；0：全部",
  "ClearML dataset of the clips; empty: the one that the model was trained on":
    "片段所在的 ClearML 数据集；留空：模型训练所用的那个",
  "whose clips the requests are held against; 0: the one that the model held out":
    "与请求对比的片段所在的折；0：模型留出的那一折",
  "requests, and clips, that are heard: the newest of them, and evenly over the clips":
    "所听的请求数和片段数：取最新的请求，片段均匀选取",
  "largest p at which a difference counts, of all together": "差异算数的最大 p 值，针对全部检验",
  "population stability index (PSI) that counts as drift": "算作漂移的群体稳定性指数（PSI）",
  "Hugging Face name or folder of wav2vec2, ast, whisper; empty: the usual base one; of onnx a file":
    "wav2vec2、ast、whisper 的 Hugging Face 名称或文件夹；留空：常用的 base 版；onnx 则为文件",
  "a model.pt or its id, whose network and features are taken; or a state dict":
    "model.pt 或其 id，取其网络和特征；或 state dict",
  "clips of each class that are learned from, drawn by recording; 0: all": "每类用来学习的片段数，按录音抽取；0：全部",
  "inverse regularisation of the layer, the best of which on parts of what is learned from is taken":
    "该层正则化强度的倒数，取在学习数据各部分上最好的一个",
  "further settings of the network and its features, as hop_length=320; those of a model.pt are its own":
    "网络及其特征的其他设置，如 hop_length=320；model.pt 的设置由其自身决定",
  "of the clips that are drawn, and of a network without weights": "抽取片段以及无权重网络所用的种子",
  "accuracy that onnx-int8 and onnx-fp16 may lose on held-out clips":
    "onnx-int8 和 onnx-fp16 在留出片段上可损失的准确率",
  "development clips, else other training clips, that choose how onnx-int8 is made; 0: none do":
    "用来选择 onnx-int8 生成方式的开发片段（没有则用其他训练片段）数；0：不选",
};
