"""Ordinary sound under names that are not: bytes that are no text, signs with a meaning elsewhere, everything long."""

from .contract import Awkward, Make, encoded, holding, tone

SOUND = holding(encoded)
IN_A_CLASS = [
    b"caf\xe9.wav", b"\xff\xfe.wav", b"\xed\xa0\x80.wav", b"cut \xe2\x82.wav", b"shift-jis \x83\x5c.wav",
    b"new\nline.wav", b"tab\t.wav", b"return\r.wav", b"bell\x07.wav", b"escape\x1b[31mred.wav", b"delete\x7f.wav",
    b"\x01.wav", "next line\u0085.wav".encode(), "separator\u2028.wav".encode(), "\ufeffmark.wav".encode(),
    b"it's.wav", b'say "hi".wav', b"back\\slash.wav", b"a|b.wav", b"a;b,c.wav", b"<b>&amp;.wav", b"50%20off.wav",
    b"100%.wav", b"what?.wav", b"part#0-1.wav", b"again~2.wav", b"C:disk.wav", b"star*.wav", b"[a-z].wav", b"{x}.wav",
    b"$(reboot).wav", b"`x`.wav", b"$HOME.wav", b"~.wav", b"=1+1.wav", b"@cmd.wav", b"+1.wav", b"!.wav", b"^.wav",
    b"-r.wav", b"--help.wav", b" leading.wav", b"trailing .wav", b"a..wav", b"nan.wav", b"None.wav",
    b"null.wav", b"True.wav", b"1e5.wav", b"0.wav", b"CON.wav", b"Upper.wav", b"upper.wav", b"UPPER.WAV", b"mixed.WaV",
    "e\u0301.wav".encode(), "\u00e9.wav".encode(), "🐕‍🦺.wav".encode(), "שלום.wav".encode(),
    "\u202egnp.wav".encode(), "a\u200bb.wav".encode(), "日本語の録音.wav".encode(), "ﷺ.wav".encode(),
    b"x" * 251 + b".wav", "é".encode() * 125 + b"1.wav", b"\xe9" * 251 + b".wav",
    b"no suffix", b"x.wav ", b"x.wav.bak", b"x.", b"take.1", b"x.wav~", b"download.part", b"LICENSE",
]  # fmt: skip
CLASSES = [
    b"caf\xe9", b"new\nline", b"a|b", b"-rf", b" blank ", "🎺".encode(), b'say "hi"', b"back\\slash", b"50%", b"nan",
    b"1", b"#", b"x" * 255, "e\u0301".encode(), "\u00e9".encode(), b"$(x)", b"a;b,c",
]  # fmt: skip
DEEP = b"/".join([b"deep" * 20] * 12)


def pitched(pitch: float) -> Make:
    """A tone of a class's own pitch (Hz)."""
    return holding(lambda: encoded(tone(pitch=pitch)))


FILES = [
    *(Awkward(b"names/" + name, SOUND) for name in IN_A_CLASS),
    *(
        Awkward(name + b"/1.wav", holding(lambda i=i: encoded(tone(pitch=300 + 10 * i))))
        for i, name in enumerate(CLASSES)
    ),
    Awkward(b"names/" + DEEP + b"/x.wav", SOUND),
    Awkward(b"names/folder.wav/inside.wav", SOUND),  # a folder that is called like a file
    Awkward(b"names/.hidden.wav", SOUND, "left out", "hidden"),
    Awkward(b"names/..wav..wav", SOUND, "left out", "hidden"),
    Awkward(b"..x/1.wav", SOUND, "left out", "hidden"),
    Awkward(b"names/.folder/x.wav", SOUND, "left out", "hidden"),
    Awkward(b"in no class.wav", SOUND, "left out", "no folder of a class"),
]
