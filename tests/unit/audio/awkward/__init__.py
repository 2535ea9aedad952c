"""Two hundred awkward files as people's folders have them: names, formats, damage, and what is no sound at all."""

from . import damage, formats, names, samples
from .contract import Awkward

EVERY: list[Awkward] = [*names.FILES, *formats.FILES, *damage.FILES, *samples.FILES]
