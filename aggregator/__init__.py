"""Casewire: crypto-regulation news, one alert per development, with the reason why.

Data flows ``feeds -> matching -> stories -> alerts -> telegram``; no package imports one later
in that line.  ``docs/design.md`` says why.
"""

__version__ = "0.1.0"
