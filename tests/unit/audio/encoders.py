"""Sizes of Hugging Face encoders small enough for a test, as the folders that `encoder` names."""

from pathlib import Path


def write(folder: Path) -> dict[str, str]:
    """A configuration folder for each kind of encoder, by the name of the model that takes it."""
    import transformers

    shared = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 64}
    configs = {
        "wav2vec2": transformers.Wav2Vec2Config(
            **shared,
            conv_dim=[16, 16, 16],
            conv_stride=[5, 8, 8],
            conv_kernel=[10, 8, 8],
            num_feat_extract_layers=3,
            num_conv_pos_embeddings=16,
            num_conv_pos_embedding_groups=2,
        ),
        "ast": transformers.ASTConfig(
            **shared, max_length=64, num_mel_bins=32, patch_size=8, time_stride=8, frequency_stride=8
        ),
        "whisper": transformers.WhisperConfig(
            d_model=32,
            encoder_layers=2,
            encoder_attention_heads=2,
            encoder_ffn_dim=64,
            decoder_layers=1,
            decoder_attention_heads=2,
            decoder_ffn_dim=64,
            max_source_positions=50,
            vocab_size=64,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=3,
        ),
    }
    for name, config in configs.items():
        config.save_pretrained(folder / name)
    return {name: str(folder / name) for name in configs}
