"""Augmentation on batches: of waveforms before the front end, of log-mel spectrograms after it.

Every function takes the batch and a `torch.Generator` on the batch's device, draws once per clip, and returns a new
batch: the same generator state gives the same result. Labels are touched by mixing (mixup, CutMix) alone.
"""
