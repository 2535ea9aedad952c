"""Which files hold sound: told by how they begin, and by their names only where that says nothing."""

from pathlib import Path

SUFFIXES = frozenset(  # of files that are expected to hold sound
    """.wav .wave .bwf .flac .ogg .oga .opus .spx .mp3 .mp2 .mpga .aif .aiff .aifc .au .snd .caf .w64 .rf64 .m4a .m4b
    .m4r .aac .adts .wma .asf .amr .awb .mp4 .m4v .webm .weba .mkv .mka .mov .3gp .3g2 .ac3 .eac3 .ape .wv .tta .dts
    .avi .flv .ra .rm .voc .sph .nist .gsm .g722 .dsf .dff .mpc .shn .tak .8svx .sds .paf .pvf .avr .ircam""".split()  # noqa: SIM905
)
AT_START = (
    *(
        b"RF64",
        b"BW64",
        b"riff",
        b"fLaC",
        b"OggS",
        b".snd",
        b"dns.",
        b"caff",
        b"ID3",
        b"\x1aE\xdf\xa3",
        b"#!AMR",
    ),
    *(b"MAC ", b"wvpk", b"TTA1", b"tBaK", b"ajkg", b"MPCK", b"MP+", b"DSD ", b"FRM8", b"0&\xb2u", b"FLV\x01"),
    *(b"FWS", b"\x0bw", b"\x7f\xfe\x80\x01", b"\0\0\x01\xba", b".RMF", b".ra\xfd", b"NIST_1A", b"PVF1\n"),
    *(b"Creative Voice File", b"\x64\xa3\1\0", b"\x64\xa3\2\0", b"\x64\xa3\3\0", b"\0\1\xa3\x64"),
    *(b"\0\2\xa3\x64", b" paf\0\0\0\0", b"fap ", b"2BIT", b"Extended Instrument:", b"\xf0\x7e"),
)
INSIDE = {  # at byte 8 of files that begin so
    b"RIFF": (b"WAVE", b"AVI ", b"CDXA"),
    b"RIFX": (b"WAVE",),
    b"FORM": (b"AIFF", b"AIFC", b"8SVX", b"16SV"),
}
PACKET = 188  # bytes of an MPEG transport stream
HEAD = 2 * PACKET + 1


def is_called_sound(path: Path) -> bool:
    """Whether a name ends as those of sound files do."""
    return path.suffix.lower() in SUFFIXES


def looks_like_sound(path: Path) -> bool:
    """Whether a regular file begins as sound in some format does."""
    return begins_as_sound(_head(path))


def could_be_sound(path: Path) -> bool:
    """Whether a regular file may hold sound: it begins so, or is called so and is not plainly text.

    Text is refused because it may be a list of other files and addresses, which must not be followed.
    """
    head = _head(path)
    return begins_as_sound(head) or (is_called_sound(path) and bool(head) and not _is_text(head))


def why_text(path: Path) -> str:
    """Why a file that is plainly text is no sound, empty for any other."""
    head = _head(path)
    if head.startswith(b"version https://git-lfs"):
        return "it is a pointer of Git LFS, not the sound itself. Fetch it: git lfs pull"
    return "" if begins_as_sound(head) or not _is_text(head) else "it is text, not sound in a known format."


def _head(path: Path) -> bytes:
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(HEAD)
    except (OSError, ValueError):
        pass
    return b""


def begins_as_sound(head: bytes) -> bool:
    """Whether these are the first bytes of a format of sound."""
    if head[:4] in INSIDE:
        return head[8:12] in INSIDE[head[:4]]
    ftyp = head[4:8] == b"ftyp" and head[8:12] not in (b"heic", b"avif", b"mif1", b"msf1", b"heix")
    stream = len(head) == HEAD and {head[0], head[PACKET], head[2 * PACKET]} == {0x47}
    return head.startswith(AT_START) or ftyp or stream or _is_mpeg(head)


def _is_mpeg(head: bytes) -> bool:
    """A frame of MPEG audio, layers II and III, or of AAC. (Layer I begins as UTF-16 text does.)"""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    aac = head[1] & 0xF6 == 0xF0
    known = head[2] >> 4 != 0xF and head[2] >> 2 & 3 != 3  # bit rate and sample rate
    return aac or (head[1] >> 1 & 3 in (1, 2) and known)


def _is_text(head: bytes) -> bool:
    """UTF-8 without signs that steer, but for one that the end of the head cuts."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode()
    return bool(text) and all(sign.isprintable() or sign.isspace() for sign in text.lstrip("\ufeff"))
