"""Casewire's front door: `python bot.py --help`."""

from aggregator.cli import main

if __name__ == "__main__":
    main()
