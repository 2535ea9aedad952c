"""The front door: the command `soundyard`, over the programs of all other rooms.

It imports them only once they are needed: `soundyard --help` answers at once.
"""

__version__ = "0.1.0"
