"""What comes along, registered by where it is defined: its name is known before anything heavy is imported.

One line for each data set, model, front end, augmentation and metric; the presets register themselves. Augmentations
are applied in this order. `by` names the parameters that switch one on: all of them have to be more than 0.
"""

from audio.encoder import Encoder
from audio.registry import Lazy, augmentations, datasets, features, metrics, models

datasets.register("csv", Lazy("audio.datasets.manifest:MANIFEST"))
datasets.register("esc10", Lazy("audio.datasets.public.esc:ESC10"))
datasets.register("esc50", Lazy("audio.datasets.public.esc:ESC50"))
datasets.register("folder", Lazy("audio.datasets.folder:FOLDER"))
datasets.register("fsdd", Lazy("audio.datasets.public.fsdd:FSDD"))
datasets.register("gtzan", Lazy("audio.datasets.public.gtzan:GTZAN"))
datasets.register("gtzan-random", Lazy("audio.datasets.public.gtzan:GTZAN_RANDOM"))
datasets.register("huggingface", Lazy("audio.datasets.huggingface:HUGGINGFACE"))
datasets.register("nsynth", Lazy("audio.datasets.public.nsynth:NSYNTH"))
datasets.register("speechcommands", Lazy("audio.datasets.public.speechcommands:SPEECHCOMMANDS"))
datasets.register("synthetic", Lazy("audio.datasets.synthetic:SYNTHETIC"))
datasets.register("urbansound8k", Lazy("audio.datasets.public.urbansound8k:URBANSOUND8K"))
datasets.register("yesno", Lazy("audio.datasets.public.yesno:YESNO"))

features.register("logmel", Lazy("audio.features.logmel:LogMel"), about="log-power mel spectrogram")
features.register("stft", Lazy("audio.features.transformed:LogSpectrum"), about="log power of every bin")
features.register(
    "melpower", Lazy("audio.features.transformed:MelPower"), about="power of mel bands, no logarithm"
)
features.register(
    "meldb", Lazy("audio.features.transformed:MelDecibels"), about="mel spectrogram in decibels"
)
features.register("pcen", Lazy("audio.features.transformed:PCEN"), about="each band over its own recent past")
features.register(
    "mfcc", Lazy("audio.features.transformed:MFCC"), about="mel-frequency cepstral coefficients"
)

NETWORKS, ENCODERS = "audio.models.networks", "audio.models.pretrained.hugging_face"
CNN = f"{NETWORKS}.cnn"
models.register("cnn", Lazy(f"{CNN}:usual"), about="small strong CNN, 0.3 M parameters; the default")
models.register("cnn-wide", Lazy(f"{CNN}:wide"), about="the same with twice the channels, 1.2 M parameters")
models.register(
    "cnn-large",
    Lazy(f"{CNN}:large"),
    about="twice the channels and a finer first layer: sixteen times the work",
)
models.register(
    "tutorial-cnn",
    Lazy(f"{NETWORKS}.tutorial:cnn"),
    about="four convolutions with max pooling, as introductory tutorials build it",
)
models.register(
    "crnn",
    Lazy(f"{NETWORKS}.sequence:crnn"),
    about="convolutions, then a bidirectional LSTM over time (Choi et al. 2017, arXiv:1609.04243)",
)
models.register(
    "transformer",
    Lazy(f"{NETWORKS}.sequence:transformer"),
    about="Transformer encoder over frames of the spectrogram (Vaswani et al. 2017, arXiv:1706.03762)",
)
for name, about in (
    ("cnn", "four convolutions up to 256 channels and their maximum"),
    ("crnn", "two convolutions, the last states of a bidirectional LSTM"),
    ("transformer", "a Transformer on patches of 16×16"),
):
    models.register(
        f"tutorial16k-{name}",
        Lazy(f"{NETWORKS}.tutorial16k:{name}"),
        about=f"{about}, as the 16 kHz tutorials have it",
    )
for name, about in (
    ("cnn6", "PANNs CNN6, 4.8 M parameters (Kong et al. 2020, arXiv:1912.10211)"),
    ("cnn10", "PANNs CNN10, 5.2 M parameters (Kong et al. 2020)"),
    ("cnn14", "PANNs CNN14, 80 M parameters (Kong et al. 2020)"),
):
    models.register(
        name,
        Lazy(f"{NETWORKS}.panns:{name}"),
        about=about,
        encoder=Encoder(32000, 0.0, 0.0, "", "MIT, its weights CC BY 4.0", "arXiv:1912.10211"),
    )
for name, head, about in (
    ("resnet18", "fc", "ResNet-18 (He et al. 2016, arXiv:1512.03385)"),
    ("resnet34", "fc", "ResNet-34 (He et al. 2016)"),
    ("resnet50", "fc", "ResNet-50 (He et al. 2016)"),
    ("resnext101_32x8d", "fc", "ResNeXt-101 32x8d (Xie et al. 2017, arXiv:1611.05431)"),
    ("mobilenet_v3_small", "classifier", "MobileNetV3 small (Howard et al. 2019, arXiv:1905.02244)"),
    ("mobilenet_v3_large", "classifier", "MobileNetV3 large (Howard et al. 2019)"),
    ("efficientnet_b0", "classifier", "EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946)"),
    ("efficientnet_v2_s", "classifier", "EfficientNetV2-S (Tan and Le 2021, arXiv:2104.00298)"),
    ("convnext_tiny", "classifier.2", "ConvNeXt-T (Liu et al. 2022, arXiv:2201.03545)"),
):
    models.register(
        name,
        Lazy(f"{NETWORKS}.vision:image_network"),
        about=about,
        head=f"network.{head}",
        published="ImageNet, by torchvision",
    )
for name, about, encoder in (
    (
        "wav2vec2",
        "wav2vec 2.0 encoder on the waveform (Baevski et al. 2020, arXiv:2006.11477)",
        Encoder(16000, 0.0, 0.0, "", "Apache-2.0", "arXiv:2006.11477"),
    ),
    (
        "ast",
        "Audio Spectrogram Transformer (Gong et al. 2021, arXiv:2104.01778)",
        Encoder(16000, 10.24, 0.0, "", "BSD-3-Clause", "arXiv:2104.01778"),
    ),
    (
        "whisper",
        "Whisper's encoder (Radford et al. 2022, arXiv:2212.04356)",
        Encoder(16000, 30.0, 0.0, "", "MIT", "arXiv:2212.04356"),
    ),
):
    models.register(
        name,
        Lazy(f"{ENCODERS}:{name}"),
        about=about,
        published="Hugging Face",
        brings_frontend=True,
        encoder=encoder,
    )
models.register(
    "onnx",
    Lazy("audio.models.pretrained.onnx_encoder:onnx"),
    about="embeddings of an ONNX file (encoder=FILE), which is not trained, and a linear layer",
    brings_frontend=True,
)

STEPS = "audio.augment.steps"
for name, parameters in (
    ("stretch", ("stretch",)),
    ("pitch", ("pitch",)),
    ("background", ("background",)),
    ("noise", ("noise",)),
):
    augmentations.register(name, Lazy(f"{STEPS}:{name}"), on="waveform", by=parameters)
augmentations.register(
    "spectral-noise", Lazy(f"{STEPS}:spectral_noise"), on="log power", by=("spectral_noise",)
)
augmentations.register("gain", Lazy(f"{STEPS}:gain"), on="log power", by=("gain_db",))
augmentations.register("power-gain", Lazy(f"{STEPS}:power_gain"), on="log power", by=("power_gain",))
augmentations.register("power-noise", Lazy(f"{STEPS}:power_noise"), on="log power", by=("power_noise",))
augmentations.register("equaliser", Lazy(f"{STEPS}:equaliser"), on="log power", by=("eq_db",))
augmentations.register("flip-time", Lazy(f"{STEPS}:flip_time"), on="features", by=("flip_time",))
augmentations.register("flip-frequency", Lazy(f"{STEPS}:flip_frequency"), on="bands", by=("flip_frequency",))
augmentations.register("mixup", Lazy(f"{STEPS}:mixup"), on="features", by=("mixup",), mixes=True)
augmentations.register("cutmix", Lazy(f"{STEPS}:cutmix"), on="features", by=("cutmix",), mixes=True)
for axis, of in (("frequency", "band"), ("time", "frame")):
    augmentations.register(
        f"{axis}-mask",
        Lazy(f"{STEPS}:{axis}_mask"),
        on="bands",
        fills=True,
        by=(f"{axis}_masks", f"{axis}_mask_{of}s"),
    )

FIGURES = "audio.metrics.figures"
metrics.register("accuracy", Lazy(f"{FIGURES}:accuracy"), about="share of clips with the right answer")
metrics.register("macro_f1", Lazy(f"{FIGURES}:macro_f1"), about="mean F1 of the classes that occur")
metrics.register(
    "balanced_accuracy", Lazy(f"{FIGURES}:balanced_accuracy"), about="mean recall of the classes that occur"
)
metrics.register("top3", Lazy(f"{FIGURES}:top3"), about="share of clips with a right label among three")
metrics.register("top5", Lazy(f"{FIGURES}:top5"), about="share of clips with a right label among five")
SCORES = "audio.metrics.scores"
for name, about in (
    ("micro_f1", "F1 of all answers together"),
    ("mean_average_precision", "mean area under the classes' precision-recall curves"),
    ("auroc", "mean area under the classes' ROC curves"),
):
    metrics.register(name, Lazy(f"{SCORES}:{name}"), about=about)
